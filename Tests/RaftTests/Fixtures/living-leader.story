# Whoever hears a leader refuses to help replacing it, and does not even look at a vote of a higher
# term.
cluster 1 2 3
quietly stand 1
quietly settle
stand 3
----
3 asks around in term 1
3->1 in term 1: would you vote for me in term 2? log 1@1
3->2 in term 1: would you vote for me in term 2? log 1@1

deliver 3->2
----
2->3 in term 1: in term 2: no, a leader is alive

deliver 3->1
----
1->3 in term 1: in term 2: no, a leader is alive

deliver ->3
----
3 follows nobody in term 1

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
3 is follower in term 1, voted for 1, leader unknown, last 1@1, durable 1, commit 1
  members 1 2 3
  disk 1@1
