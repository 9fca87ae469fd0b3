# A cluster of one elects itself, but nothing is applied before its own disk has it.
cluster 1
show
----
1 is leader in term 1, voted for 1, leader 1, last 1@1, durable 1, commit 1
  members 1
  disk 1@1

slow 1
propose 1 a b
----
1 writes 2@1 a; 3@1 b

written 1
----
1 has written all
1 applies 2@1 a; 3@1 b

show
----
1 is leader in term 1, voted for 1, leader 1, last 3@1, durable 3, commit 3
  members 1
  disk 1@1; 2@1 a; 3@1 b
