# A leader that was cut off learns from the first answer that its term is over. What it had not
# committed is replaced.
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

propose 1 lost
----
1 writes 2@1 lost

quietly stand 2
quietly settle
show 2
----
2 is leader in term 2, voted for 2, leader 2, last 2@2, durable 2, commit 2
  members 1 2 3
  disk 1@1; 2@2
  1: match 2, next 3, replicating, under way []
  3: match 2, next 3, replicating, under way []

open 1-2
----
2->1 in term 2: append after 2@2, commit 2, answer

deliver 1->2
deliver 2->1
----
1->2 in term 2: have 2, durable 2

settle
----
nothing

show
----
1 is follower in term 2, voted for nobody, leader 2, last 2@2, durable 2, commit 2
  members 1 2 3
  disk 1@1; 2@2
2 is leader in term 2, voted for 2, leader 2, last 2@2, durable 2, commit 2
  members 1 2 3
  disk 1@1; 2@2
  1: match 2, next 3, replicating, under way []
  3: match 2, next 3, replicating, under way []
3 is follower in term 2, voted for 2, leader 2, last 2@2, durable 2, commit 2
  members 1 2 3
  disk 1@1; 2@2
