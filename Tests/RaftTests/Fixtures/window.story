# Not more than the window's appends are under way to one follower; what comes meanwhile waits and
# goes out as one batch.
limit window 1
cluster 1 2 3
quietly stand 1
quietly settle
propose 1 a
----
1 writes 2@1 a
1->2 in term 1: append after 1@1 2@1 a, commit 1
1->3 in term 1: append after 1@1 2@1 a, commit 1

propose 1 b
propose 1 c
----
1 writes 3@1 b
1 writes 4@1 c

show 1
----
1 is leader in term 1, voted for 1, leader 1, last 4@1, durable 4, commit 1
  members 1 2 3
  disk 1@1; 2@1 a; 3@1 b; 4@1 c
  2: match 1, next 3, replicating, under way [2]
  3: match 1, next 3, replicating, under way [2]

# The answer opens the window.
deliver ->2
----
2 writes 2@1 a
2->1 in term 1: have 2, durable 2

deliver 2->1
----
1->2 in term 1: append after 2@1 3@1 b; 4@1 c, commit 2
1->3 in term 1: append after 2@1, commit 2
1 applies 2@1 a

show 1
----
1 is leader in term 1, voted for 1, leader 1, last 4@1, durable 4, commit 2
  members 1 2 3
  disk 1@1; 2@1 a; 3@1 b; 4@1 c
  2: match 2, next 5, replicating, under way [4]
  3: match 1, next 3, replicating, under way [2]
