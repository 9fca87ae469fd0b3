# The leader hands over to one that has everything: it takes no more proposals and tells it to
# stand at once, past the others' lease.
cluster 1 2 3
quietly stand 1
quietly settle
propose 1 a
----
1 writes 2@1 a
1->2 in term 1: append after 1@1 2@1 a, commit 1
1->3 in term 1: append after 1@1 2@1 a, commit 1

transfer 1 to 3
----
nothing

propose 1 b
----
1 refuses b: transferring

deliver 1->3
----
3 writes 2@1 a
3->1 in term 1: have 2, durable 2

deliver 3->1
----
1->2 in term 1: append after 2@1, commit 2
1->3 in term 1: append after 2@1, commit 2
1->3 in term 1: stand at once
1 applies 2@1 a

deliver 1->3
----
3 applies 2@1 a
3 stands in term 2
3 writes term 2 vote 3
3->1 in term 2: vote for me, log 2@1, the leader wants it
3->2 in term 2: vote for me, log 2@1, the leader wants it

deliver 3->
----
1 follows nobody in term 2
1 writes term 2 vote 3
1->3 in term 2: yes
2 follows nobody in term 2
2 writes term 2 vote 3
2->3 in term 2: yes

settle
----
2->1 in term 2: heard 0, have 0, durable 0
2->1 in term 2: heard 0, have 0, durable 0
3 leads in term 2
3 writes 3@2
3->1 in term 2: heartbeat 1, match 0, commit 0
3->2 in term 2: heartbeat 1, match 0, commit 0
3->1 in term 2: append after 2@1 3@2, commit 2, answer
3->2 in term 2: append after 2@1 3@2, commit 2, answer
1 follows 3 in term 2
1->3 in term 2: heard 1, have 2, durable 2
2 follows 3 in term 2
2->3 in term 2: heard 1, have 1, durable 1
1 writes 3@2
1->3 in term 2: have 3, durable 2
1->3 in term 2: have 3, durable 3
2->3 in term 2: no such 2, try 1@1
3->1 in term 2: append after 3@2, commit 3
3 applies 3@2
3->2 in term 2: append after 1@1 2@1 a; 3@2, commit 3, answer
1 applies 3@2
2 writes 2@1 a; 3@2
2->3 in term 2: have 3, durable 1
2->3 in term 2: have 3, durable 3
2 applies 2@1 a; 3@2

show
----
1 is follower in term 2, voted for 3, leader 3, last 3@2, durable 3, commit 3
  members 1 2 3
  disk 1@1; 2@1 a; 3@2
2 is follower in term 2, voted for 3, leader 3, last 3@2, durable 3, commit 3
  members 1 2 3
  disk 1@1; 2@1 a; 3@2
3 is leader in term 2, voted for 3, leader 3, last 3@2, durable 3, commit 3
  members 1 2 3
  disk 1@1; 2@1 a; 3@2
  1: match 3, next 4, replicating, under way []
  2: match 3, next 4, replicating, under way []
