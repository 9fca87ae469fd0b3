# One change at a time, and the first only once an entry of the own term is committed: otherwise two
# leaders could commit two different configurations.
cluster 1 2 3
quietly stand 1
quietly deliver
quietly deliver
quietly deliver
quietly deliver ->1
show 1
----
1 is leader in term 1, voted for 1, leader 1, last 1@1, durable 1, commit 0
  members 1 2 3
  disk 1@1
  2: match 0, next 1, probing, asked
  3: match 0, next 1, probing, asked

add 4 at 1
----
1 refuses to add 4: notReady

quietly settle
add 4 at 1
----
1 writes 2@1 members 1 2 3, learners 4
1->2 in term 1: append after 1@1 2@1 members 1 2 3, learners 4, commit 1
1->3 in term 1: append after 1@1 2@1 members 1 2 3, learners 4, commit 1
1->4 in term 1: append after 1@1 2@1 members 1 2 3, learners 4, commit 1, answer

add 5 at 1
----
1 refuses to add 5: changeInProgress

settle
----
2 writes 2@1 members 1 2 3, learners 4
2->1 in term 1: have 2, durable 2
3 writes 2@1 members 1 2 3, learners 4
3->1 in term 1: have 2, durable 2
1->2 in term 1: append after 2@1, commit 2
1->3 in term 1: append after 2@1, commit 2
1 applies 2@1 members 1 2 3, learners 4
2 applies 2@1 members 1 2 3, learners 4
3 applies 2@1 members 1 2 3, learners 4

show 1
----
1 is leader in term 1, voted for 1, leader 1, last 2@1, durable 2, commit 2
  members 1 2 3, learners 4
  disk 1@1; 2@1 members 1 2 3, learners 4
  2: match 2, next 3, replicating, under way []
  3: match 2, next 3, replicating, under way []
  4: match 0, next 2, probing, asked
