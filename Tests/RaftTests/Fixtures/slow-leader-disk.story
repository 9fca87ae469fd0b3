# The leader sends before its own write is durable and counts itself only afterwards. With the
# answers of both others an entry is committed without it; it applies when its disk is done.
cluster 1 2 3
quietly stand 1
quietly settle
slow 1
propose 1 a
----
1 writes 2@1 a
1->2 in term 1: append after 1@1 2@1 a, commit 1
1->3 in term 1: append after 1@1 2@1 a, commit 1

deliver 1->
----
2 writes 2@1 a
2->1 in term 1: have 2, durable 2
3 writes 2@1 a
3->1 in term 1: have 2, durable 2

deliver 2->1
----
nothing

deliver 3->1
----
1->2 in term 1: append after 2@1, commit 2
1->3 in term 1: append after 2@1, commit 2

written 1
----
1 has written all
1 applies 2@1 a

quietly settle
show 1
----
1 is leader in term 1, voted for 1, leader 1, last 2@1, durable 2, commit 2
  members 1 2 3
  disk 1@1; 2@1 a
  2: match 2, next 3, replicating, under way []
  3: match 2, next 3, replicating, under way []
