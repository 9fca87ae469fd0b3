# A follower whose disk lost entries that it had acknowledged is told by its leader, and stops.
cluster 1 2 3
quietly stand 1
quietly settle
propose 1 a
quietly settle
----
1 writes 2@1 a
1->2 in term 1: append after 1@1 2@1 a, commit 1
1->3 in term 1: append after 1@1 2@1 a, commit 1

quietly time 30
quietly settle
crash 3
close 1-3
close 2-3
----
nothing

disk 3 forget 1
start 3
open 1-3
open 2-3
----
3 follows nobody in term 1
1->3 in term 1: append after 2@1, commit 2, answer

settle
----
3 follows 1 in term 1
3->1 in term 1: no such 2, try 1@1

# The next heartbeat says what it held once.
time 30
----
1->2 in term 1: heartbeat 3, match 2, commit 2
1->3 in term 1: heartbeat 3, match 2, commit 2

settle
----
2->1 in term 1: heard 3, have 2, durable 2
3 must stop: the leader knows entry 2 to have been durable here but the log ends at 1

show 3
----
3 is follower in term 1, voted for 1, leader 1, last 1@1, durable 1, commit 0, fenced
  members 1 2 3
  disk 1@1
