# A candidate whose log lacks something gets no vote, and whoever refused it stands instead.
disk 1 term 1 log 1
disk 2 term 1 log 1 1
disk 3 term 1 log 1 1
cluster 1 2 3
stand 1
----
1 asks around in term 1
1->2 in term 1: would you vote for me in term 2? log 1@1
1->3 in term 1: would you vote for me in term 2? log 1@1

deliver 1->2
----
2 asks around in term 1
2->1 in term 1: in term 2: no
2->1 in term 1: would you vote for me in term 2? log 2@1
2->3 in term 1: would you vote for me in term 2? log 2@1

settle
----
3 asks around in term 1
3->1 in term 1: in term 2: no
3->1 in term 1: would you vote for me in term 2? log 2@1
3->2 in term 1: would you vote for me in term 2? log 2@1
1 follows nobody in term 1
1->2 in term 1: in term 2: yes
3 follows nobody in term 1
3->2 in term 1: in term 2: yes
1->3 in term 1: in term 2: yes
2->3 in term 1: in term 2: no
2 stands in term 2
2 writes term 2 vote 2
2->1 in term 2: vote for me, log 2@1
2->3 in term 2: vote for me, log 2@1
1 follows nobody in term 2
1 writes term 2 vote 2
1->2 in term 2: yes
3 follows nobody in term 2
3 writes term 2 vote 2
3->2 in term 2: yes
2 leads in term 2
2 writes 3@2
2->1 in term 2: heartbeat 1, match 0, commit 0
2->3 in term 2: heartbeat 1, match 0, commit 0
2->1 in term 2: append after 2@1 3@2, commit 0, answer
2->3 in term 2: append after 2@1 3@2, commit 0, answer
1 follows 2 in term 2
1->2 in term 2: heard 1, have 0, durable 0
3 follows 2 in term 2
3->2 in term 2: heard 1, have 0, durable 0
1->2 in term 2: no such 2, try 1@1
3 writes 3@2
3->2 in term 2: have 3, durable 2
3->2 in term 2: have 3, durable 3
2->1 in term 2: append after 1@1 2@1 old2; 3@2, commit 0, answer
2->3 in term 2: append after 3@2, commit 3
2 applies 1@1 old1; 2@1 old2; 3@2
1 writes 2@1 old2; 3@2
1->2 in term 2: have 3, durable 1
1->2 in term 2: have 3, durable 3
3 applies 1@1 old1; 2@1 old2; 3@2
2->1 in term 2: append after 3@2, commit 3
1 applies 1@1 old1; 2@1 old2; 3@2

show
----
1 is follower in term 2, voted for 2, leader 2, last 3@2, durable 3, commit 3
  members 1 2 3
  disk 1@1 old1; 2@1 old2; 3@2
2 is leader in term 2, voted for 2, leader 2, last 3@2, durable 3, commit 3
  members 1 2 3
  disk 1@1 old1; 2@1 old2; 3@2
  1: match 3, next 4, replicating, under way []
  3: match 3, next 4, replicating, under way []
3 is follower in term 2, voted for 2, leader 2, last 3@2, durable 3, commit 3
  members 1 2 3
  disk 1@1 old1; 2@1 old2; 3@2
