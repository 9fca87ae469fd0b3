# The follower comes level by another way before the snapshot does: its answer to a heartbeat shows
# it, and the leader goes on from there.
limit memory 1
cluster 1 2 3
quietly stand 1
quietly settle
close 1-3
----
3 follows nobody in term 1

propose 1 a
----
1 writes 2@1 a
1->2 in term 1: append after 1@1 2@1 a, commit 1

quietly settle
cut 1 through 2
----
nothing

open 1-3
----
1->3 in term 1: append after 2@1, commit 2, answer

deliver 1->3
----
3 follows 1 in term 1
3->1 in term 1: no such 2, try 1@1

deliver 3->1
----
1 wants a snapshot for 3

show 1
----
1 is leader in term 1, voted for 1, leader 1, last 2@1, durable 2, commit 2
  members 1 2 3
  disk after 2@1: no entries
  2: match 2, next 3, replicating, under way []
  3: match 1, next 2, needs a snapshot
