# A member that was removed while it was away comes back, stands, and is told.
cluster 1 2 3
quietly stand 1
quietly settle
crash 3
quietly close 1-3
quietly close 2-3
remove 3 at 1
----
1 writes 2@1 members 1 2
1->2 in term 1: append after 1@1 2@1 members 1 2, commit 1

quietly settle
quietly time 30
quietly settle
show 1
----
1 is leader in term 1, voted for 1, leader 1, last 2@1, durable 2, commit 2
  members 1 2
  disk 1@1; 2@1 members 1 2
  2: match 2, next 3, replicating, under way []
  3: match 1, next 2, probing, link closed

start 3
stand 3
----
3 follows nobody in term 1
3 asks around in term 1
3->1 in term 1: would you vote for me in term 2? log 1@1
3->2 in term 1: would you vote for me in term 2? log 1@1

settle
----
1->3 in term 1: you were removed by 2
2->3 in term 1: you were removed by 2
3 follows nobody in term 1
3 knows that it is no member any more

show 3
----
3 is follower in term 1, voted for 1, leader unknown, last 1@1, durable 1, commit 0
  members 1 2 3
  disk 1@1
