# A completion of a write whose entries were replaced meanwhile does not make the new ones durable:
# the same index, another term (the ABA of asynchronous writes).
cluster 1 2 3 4 5
quietly stand 1
quietly settle
slow 2
propose 1 a
----
1 writes 2@1 a
1->2 in term 1: append after 1@1 2@1 a, commit 1
1->3 in term 1: append after 1@1 2@1 a, commit 1
1->4 in term 1: append after 1@1 2@1 a, commit 1
1->5 in term 1: append after 1@1 2@1 a, commit 1

deliver 1->2
----
2 writes 2@1 a

# Nobody else got it. 3 is elected by the others.
quietly close 1-2
quietly close 1-3
quietly close 1-4
quietly close 1-5
elect 3 by 4 5
show 2
----
2 is preCandidate in term 1, voted for 1, leader unknown, last 2@1, durable 1, commit 1
  members 1 2 3 4 5
  disk 1@1

deliver 3->2
----
2 follows 3 in term 2
2 writes term 2 vote none
2 writes cut from 2, 2@2

deliver 2->3
----
nothing

deliver 3->2
----
nothing

# The first write is done: entry 2 is on the disk, but the one of term 1.
written 2 first
----
2 has written the first

show 2
----
2 is follower in term 2, voted for nobody, leader 3, last 2@2, durable 1, commit 1
  members 1 2 3 4 5
  disk 1@1; 2@1 a

written 2
----
2 has written all
2->3 in term 2: heard 1, have 1, durable 1
2->3 in term 2: have 2, durable 1
2->3 in term 2: have 2, durable 2

show 2
----
2 is follower in term 2, voted for nobody, leader 3, last 2@2, durable 2, commit 1
  members 1 2 3 4 5
  disk 1@1; 2@2

settle
----
1 follows 3 in term 2
1 writes term 2 vote none
1->2 in term 1: heartbeat 2, match 1, commit 1
1->3 in term 1: heartbeat 2, match 1, commit 1
1->4 in term 1: heartbeat 2, match 1, commit 1
1->5 in term 1: heartbeat 2, match 1, commit 1
1->3 in term 2: heard 1, have 1, durable 1
4 follows 3 in term 2
4->3 in term 2: heard 1, have 1, durable 1
5 follows 3 in term 2
5->3 in term 2: heard 1, have 1, durable 1
1 writes cut from 2, 2@2
1->3 in term 2: have 2, durable 1
1->3 in term 2: have 2, durable 2
4 writes 2@2
4->3 in term 2: have 2, durable 1
4->3 in term 2: have 2, durable 2
5 writes 2@2
5->3 in term 2: have 2, durable 1
5->3 in term 2: have 2, durable 2
2->1 in term 2: heard 0, have 0, durable 0
3->1 in term 2: heard 0, have 0, durable 0
4->1 in term 2: heard 0, have 0, durable 0
5->1 in term 2: heard 0, have 0, durable 0
3->1 in term 2: append after 2@2, commit 2
3->2 in term 2: append after 2@2, commit 2
3 applies 2@2
3->4 in term 2: append after 2@2, commit 2
3->5 in term 2: append after 2@2, commit 2
1 applies 2@2
2 applies 2@2
4 applies 2@2
5 applies 2@2
