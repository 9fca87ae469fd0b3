# Probing finds out where logs agree; then entries are sent ahead of the answers.
cluster 1 2 3
quietly stand 1
quietly settle
show 1
----
1 is leader in term 1, voted for 1, leader 1, last 1@1, durable 1, commit 1
  members 1 2 3
  disk 1@1
  2: match 1, next 2, replicating, under way []
  3: match 1, next 2, replicating, under way []

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

# Answers of one follower are a majority with the leader: the entry is committed and applied.
deliver 2->1
----
1->2 in term 1: append after 2@1, commit 2
1->3 in term 1: append after 2@1, commit 2
1 applies 2@1 a

deliver 1->2
----
2 applies 2@1 a

deliver 3->1
----
nothing

settle
----
3 applies 2@1 a

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
