# A member that is cut off asks around again and again; its term stays, and when it comes back nobody
# is disturbed.
cluster 1 2 3
quietly stand 1
quietly settle
close 1-3
close 2-3
----
3 follows nobody in term 1

quietly drop
stand 3
----
3 asks around in term 1
3->1 in term 1: would you vote for me in term 2? log 1@1
3->2 in term 1: would you vote for me in term 2? log 1@1

quietly drop
stand 3
----
3->1 in term 1: would you vote for me in term 2? log 1@1
3->2 in term 1: would you vote for me in term 2? log 1@1

show 3
----
3 is preCandidate in term 1, voted for 1, leader unknown, last 1@1, durable 1, commit 1
  members 1 2 3
  disk 1@1

open 1-3
open 2-3
----
1->3 in term 1: append after 1@1, commit 1, answer
3->1 in term 1: would you vote for me in term 2? log 1@1
3->2 in term 1: would you vote for me in term 2? log 1@1

settle
----
1->3 in term 1: in term 2: no, a leader is alive
2->3 in term 1: in term 2: no, a leader is alive
3 follows 1 in term 1
3->1 in term 1: have 1, durable 1
1->3 in term 1: in term 2: no, a leader is alive
2->3 in term 1: in term 2: no, a leader is alive

show
----
1 is leader in term 1, voted for 1, leader 1, last 1@1, durable 1, commit 1
  members 1 2 3
  disk 1@1
  2: match 1, next 2, replicating, under way []
  3: match 1, next 2, replicating, under way []
2 is follower in term 1, voted for 1, leader 1, last 1@1, durable 1, commit 1
  members 1 2 3
  disk 1@1
3 is follower in term 1, voted for 1, leader 1, last 1@1, durable 1, commit 1
  members 1 2 3
  disk 1@1
