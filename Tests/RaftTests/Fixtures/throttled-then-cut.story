# A follower's window is full of an append that is lost, and meanwhile the log is cut behind that. The
# heartbeat's answer shows what is missing; it is asked once more, and then gets a snapshot.
limit window 1
cluster 1 2 3
quietly stand 1
quietly settle
propose 1 a
----
1 writes 2@1 a
1->2 in term 1: append after 1@1 2@1 a, commit 1
1->3 in term 1: append after 1@1 2@1 a, commit 1

drop 1->3
propose 1 b c
----
1 lost
1 writes 3@1 b; 4@1 c

# The others go on without it.
deliver 1->2
deliver 2->1
----
2 writes 2@1 a
2->1 in term 1: have 2, durable 2
1->2 in term 1: append after 2@1 3@1 b; 4@1 c, commit 2
1->3 in term 1: append after 2@1, commit 2
1 applies 2@1 a

quietly drop 1->3
quietly deliver 1->2
quietly deliver 2->1
quietly drop 1->3
quietly deliver 1->2
cut 1 through 2
show 1
----
1 is leader in term 1, voted for 1, leader 1, last 4@1, durable 4, commit 4
  members 1 2 3
  disk after 2@1: 3@1 b; 4@1 c
  2: match 4, next 5, replicating, under way []
  3: match 1, next 3, replicating, under way [2]

time 30
----
1->2 in term 1: heartbeat 2, match 4, commit 4
1->3 in term 1: heartbeat 2, match 1, commit 1

settle
----
2->1 in term 1: heard 2, have 4, durable 4
3->1 in term 1: heard 2, have 1, durable 1
1->3 in term 1: append after 4@1, commit 4, answer
3->1 in term 1: no such 4, try 1@1
1 wants a snapshot for 3

install 3 from 1
----
3 follows nobody in term 1
1->3 in term 1: append after 2@1 3@1 b; 4@1 c, commit 4, answer

settle
----
3 follows 1 in term 1
3 writes 3@1 b; 4@1 c
3->1 in term 1: have 4, durable 2
3->1 in term 1: have 4, durable 4
3 applies 3@1 b; 4@1 c
