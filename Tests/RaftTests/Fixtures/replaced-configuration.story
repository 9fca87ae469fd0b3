# A configuration counts as soon as it is in the log, and no longer than it is: what a truncation takes
# away was never in force for anybody else.
cluster 1 2 3
quietly stand 1
quietly settle
close 1-2
close 1-3
----
2 asks around in term 1
2->1 in term 1: would you vote for me in term 2? log 1@1
2->3 in term 1: would you vote for me in term 2? log 1@1
3 follows nobody in term 1

add 4 at 1
----
1 writes 2@1 members 1 2 3, learners 4
1->4 in term 1: append after 1@1 2@1 members 1 2 3, learners 4, commit 1, answer

show 1
----
1 is leader in term 1, voted for 1, leader 1, last 2@1, durable 2, commit 1
  members 1 2 3, learners 4
  disk 1@1; 2@1 members 1 2 3, learners 4
  2: match 1, next 2, probing, link closed
  3: match 1, next 2, probing, link closed
  4: match 0, next 2, probing, asked

quietly stand 2
quietly settle
open 1-2
----
2->1 in term 2: append after 2@2, commit 2, answer

settle
----
1->2 in term 2: have 2, durable 2

show 1
----
1 is follower in term 2, voted for nobody, leader 2, last 2@2, durable 2, commit 2
  members 1 2 3
  disk 1@1; 2@2
