# A probe is lost together with its answer: no answer will come, but the next heartbeat's does,
# and it ends the waiting.
cluster 1 2 3
quietly stand 1
quietly settle
close 1-3
----
3 follows nobody in term 1

open 1-3
----
1->3 in term 1: append after 1@1, commit 1, answer

drop 1->3
----
1 lost

show 1
----
1 is leader in term 1, voted for 1, leader 1, last 1@1, durable 1, commit 1
  members 1 2 3
  disk 1@1
  2: match 1, next 2, replicating, under way []
  3: match 1, next 2, probing, asked

time 30
----
1->2 in term 1: heartbeat 2, match 1, commit 1
1->3 in term 1: heartbeat 2, match 1, commit 1
3 asks around in term 1
3->1 in term 1: would you vote for me in term 2? log 1@1
3->2 in term 1: would you vote for me in term 2? log 1@1

deliver ->3
----
3 follows 1 in term 1
3->1 in term 1: heard 2, have 1, durable 1

deliver 3->1
----
1->3 in term 1: in term 2: no, a leader is alive
1->3 in term 1: append after 1@1, commit 1, answer

settle
----
2->1 in term 1: heard 2, have 1, durable 1
2->3 in term 1: in term 2: no, a leader is alive
3->1 in term 1: have 1, durable 1

show 1
----
1 is leader in term 1, voted for 1, leader 1, last 1@1, durable 1, commit 1
  members 1 2 3
  disk 1@1
  2: match 1, next 2, replicating, under way []
  3: match 1, next 2, replicating, under way []
