# A leader that hears no majority for an election timeout steps down.
cluster 1 2 3
quietly stand 1
quietly settle
time 30
----
1->2 in term 1: heartbeat 2, match 1, commit 1
1->3 in term 1: heartbeat 2, match 1, commit 1

drop
----
2 lost

time 60
----
1->2 in term 1: heartbeat 3, match 1, commit 1
1->3 in term 1: heartbeat 3, match 1, commit 1

quietly drop
time 60
----
1 follows nobody in term 1

quietly drop
time 60
----
nothing

show 1
----
1 is follower in term 1, voted for 1, leader unknown, last 1@1, durable 1, commit 1
  members 1 2 3
  disk 1@1
