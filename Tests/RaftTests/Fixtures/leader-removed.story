# A leader removes itself: it leads until that is committed by the others, and then goes.
cluster 1 2 3
quietly stand 1
quietly settle
remove 1 at 1
----
1 writes 2@1 members 2 3
1->2 in term 1: append after 1@1 2@1 members 2 3, commit 1
1->3 in term 1: append after 1@1 2@1 members 2 3, commit 1

deliver 1->
----
2 writes 2@1 members 2 3
2->1 in term 1: have 2, durable 2
3 writes 2@1 members 2 3
3->1 in term 1: have 2, durable 2

deliver 2->1
----
nothing

settle
----
1 follows nobody in term 1
1->2 in term 1: append after 2@1, commit 2
1->3 in term 1: append after 2@1, commit 2
1->2 in term 1: stand at once
1 applies 2@1 members 2 3
1 knows that it is no member any more
2 applies 2@1 members 2 3
3 applies 2@1 members 2 3
2 stands in term 2
2 writes term 2 vote 2
2->3 in term 2: vote for me, log 2@1, the leader wants it
3 follows nobody in term 2
3 writes term 2 vote 2
3->2 in term 2: yes
2 leads in term 2
2 writes 3@2
2->3 in term 2: heartbeat 1, match 0, commit 0
2->3 in term 2: append after 2@1 3@2, commit 2, answer
3 follows 2 in term 2
3->2 in term 2: heard 1, have 2, durable 2
3 writes 3@2
3->2 in term 2: have 3, durable 2
3->2 in term 2: have 3, durable 3
2->3 in term 2: append after 3@2, commit 3
2 applies 3@2
3 applies 3@2

show
----
1 is follower in term 1, voted for 1, leader unknown, last 2@1, durable 2, commit 2
  members 2 3
  disk 1@1; 2@1 members 2 3
2 is leader in term 2, voted for 2, leader 2, last 3@2, durable 3, commit 3
  members 2 3
  disk 1@1; 2@1 members 2 3; 3@2
  3: match 3, next 4, replicating, under way []
3 is follower in term 2, voted for 2, leader 2, last 3@2, durable 3, commit 3
  members 2 3
  disk 1@1; 2@1 members 2 3; 3@2
