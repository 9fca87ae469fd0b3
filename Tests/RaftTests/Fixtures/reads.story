# A read is served once a majority confirmed the leader after the read came, and not before an entry
# of the leader's own term is committed.
cluster 1 2 3
quietly stand 1
quietly settle
propose 1 a
----
1 writes 2@1 a
1->2 in term 1: append after 1@1 2@1 a, commit 1
1->3 in term 1: append after 1@1 2@1 a, commit 1

read 1 7
----
1->2 in term 1: heartbeat 2, match 1, commit 1
1->3 in term 1: heartbeat 2, match 1, commit 1

# The commit is known before the confirmation; the read's index is that of the moment it was asked.
deliver 1->2
----
2 writes 2@1 a
2->1 in term 1: have 2, durable 2
2->1 in term 1: heard 2, have 2, durable 2

deliver 2->1
----
1->2 in term 1: append after 2@1, commit 2
1->3 in term 1: append after 2@1, commit 2
1 applies 2@1 a
1 may serve read 7 at 1

quietly settle
read 2 8
----
2 can't serve read 8

show 1
----
1 is leader in term 1, voted for 1, leader 1, last 2@1, durable 2, commit 2
  members 1 2 3
  disk 1@1; 2@1 a
  2: match 2, next 3, replicating, under way []
  3: match 2, next 3, replicating, under way []
