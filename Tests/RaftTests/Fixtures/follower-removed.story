# A removed follower still hears that it was removed, before the leader forgets it.
cluster 1 2 3
quietly stand 1
quietly settle
remove 3 at 1
----
1 writes 2@1 members 1 2
1->2 in term 1: append after 1@1 2@1 members 1 2, commit 1
1->3 in term 1: append after 1@1 2@1 members 1 2, commit 1

settle
----
2 writes 2@1 members 1 2
2->1 in term 1: have 2, durable 2
3 writes 2@1 members 1 2
3->1 in term 1: have 2, durable 2
1->2 in term 1: append after 2@1, commit 2
1->3 in term 1: append after 2@1, commit 2
1 applies 2@1 members 1 2
2 applies 2@1 members 1 2
3 applies 2@1 members 1 2
3 knows that it is no member any more

show
----
1 is leader in term 1, voted for 1, leader 1, last 2@1, durable 2, commit 2
  members 1 2
  disk 1@1; 2@1 members 1 2
  2: match 2, next 3, replicating, under way []
  3: match 2, next 3, replicating, under way []
2 is follower in term 1, voted for 1, leader 1, last 2@1, durable 2, commit 2
  members 1 2
  disk 1@1; 2@1 members 1 2
3 is follower in term 1, voted for 1, leader 1, last 2@1, durable 2, commit 2
  members 1 2
  disk 1@1; 2@1 members 1 2

# One that missed it asks for votes, and is told by whoever it asks.
remove 2 at 1
----
1 writes 3@1 members 1
1->2 in term 1: append after 2@1 3@1 members 1, commit 2
1->3 in term 1: append after 2@1 3@1 members 1, commit 2
1->2 in term 1: append after 3@1, commit 3
1->3 in term 1: append after 3@1, commit 3
1 applies 3@1 members 1

drop ->2
----
2 lost

time 30
----
1->2 in term 1: heartbeat 2, match 2, commit 2

quietly drop ->2
deliver 2->1
----
nothing

show 1
----
1 is leader in term 1, voted for 1, leader 1, last 3@1, durable 3, commit 3
  members 1
  disk 1@1; 2@1 members 1 2; 3@1 members 1
  2: match 2, next 4, replicating, under way [3]
