# An append to one follower is lost. The next heartbeat's answer tells that the follower lacks it, and
# the leader goes back to probing.
cluster 1 2 3
quietly stand 1
quietly settle
propose 1 a
----
1 writes 2@1 a
1->2 in term 1: append after 1@1 2@1 a, commit 1
1->3 in term 1: append after 1@1 2@1 a, commit 1

drop 1->3
----
1 lost

deliver
----
2 writes 2@1 a
2->1 in term 1: have 2, durable 2

quietly settle
show 1
----
1 is leader in term 1, voted for 1, leader 1, last 2@1, durable 2, commit 2
  members 1 2 3
  disk 1@1; 2@1 a
  2: match 2, next 3, replicating, under way []
  3: match 2, next 3, replicating, under way []

time 30
----
1->2 in term 1: heartbeat 2, match 2, commit 2
1->3 in term 1: heartbeat 2, match 2, commit 2

deliver ->3
----
3->1 in term 1: heard 2, have 2, durable 2

deliver 3->1
----
nothing

settle
----
2->1 in term 1: heard 2, have 2, durable 2

show
----
1 is leader in term 1, voted for 1, leader 1, last 2@1, durable 2, commit 2
  members 1 2 3
  disk 1@1; 2@1 a
  2: match 2, next 3, replicating, under way []
  3: match 2, next 3, replicating, under way []
2 is follower in term 1, voted for 1, leader 1, last 2@1, durable 2, commit 2
  members 1 2 3
  disk 1@1; 2@1 a
3 is follower in term 1, voted for 1, leader 1, last 2@1, durable 2, commit 2
  members 1 2 3
  disk 1@1; 2@1 a
