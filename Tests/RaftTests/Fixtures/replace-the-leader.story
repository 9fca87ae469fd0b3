# Replacing the leader by another machine, step by step: the new one joins, is promoted, takes over, and
# the old one is removed by it.
limit promotions 1
cluster 1 2 3
quietly stand 1
quietly settle
join 4
quietly add 4 at 1
quietly settle
show 1
----
1 is leader in term 1, voted for 1, leader 1, last 3@1, durable 3, commit 3
  members 1 2 3 4
  disk 1@1; 2@1 members 1 2 3, learners 4; 3@1 members 1 2 3 4
  2: match 3, next 4, replicating, under way []
  3: match 3, next 4, replicating, under way []
  4: match 3, next 4, replicating, under way []

transfer 1 to 4
----
1->4 in term 1: stand at once

settle
----
4 stands in term 2
4 writes term 2 vote 4
4->1 in term 2: vote for me, log 3@1, the leader wants it
4->2 in term 2: vote for me, log 3@1, the leader wants it
4->3 in term 2: vote for me, log 3@1, the leader wants it
1 follows nobody in term 2
1 writes term 2 vote 4
1->4 in term 2: yes
2 follows nobody in term 2
2 writes term 2 vote 4
2->4 in term 2: yes
3 follows nobody in term 2
3 writes term 2 vote 4
3->4 in term 2: yes
4 leads in term 2
4 writes 4@2
4->1 in term 2: heartbeat 1, match 0, commit 0
4->2 in term 2: heartbeat 1, match 0, commit 0
4->3 in term 2: heartbeat 1, match 0, commit 0
4->1 in term 2: append after 3@1 4@2, commit 3, answer
4->2 in term 2: append after 3@1 4@2, commit 3, answer
4->3 in term 2: append after 3@1 4@2, commit 3, answer
1 follows 4 in term 2
1->4 in term 2: heard 1, have 3, durable 3
2 follows 4 in term 2
2->4 in term 2: heard 1, have 3, durable 3
3 follows 4 in term 2
3->4 in term 2: heard 1, have 3, durable 3
1 writes 4@2
1->4 in term 2: have 4, durable 3
1->4 in term 2: have 4, durable 4
2 writes 4@2
2->4 in term 2: have 4, durable 3
2->4 in term 2: have 4, durable 4
3 writes 4@2
3->4 in term 2: have 4, durable 3
3->4 in term 2: have 4, durable 4
4->1 in term 2: append after 4@2, commit 4
4->2 in term 2: append after 4@2, commit 4
4 applies 4@2
4->3 in term 2: append after 4@2, commit 4
1 applies 4@2
2 applies 4@2
3 applies 4@2

remove 1 at 4
----
4 writes 5@2 members 2 3 4
4->1 in term 2: append after 4@2 5@2 members 2 3 4, commit 4
4->2 in term 2: append after 4@2 5@2 members 2 3 4, commit 4
4->3 in term 2: append after 4@2 5@2 members 2 3 4, commit 4

settle
----
1 writes 5@2 members 2 3 4
1->4 in term 2: have 5, durable 5
2 writes 5@2 members 2 3 4
2->4 in term 2: have 5, durable 5
3 writes 5@2 members 2 3 4
3->4 in term 2: have 5, durable 5
4->1 in term 2: append after 5@2, commit 5
4->2 in term 2: append after 5@2, commit 5
4->3 in term 2: append after 5@2, commit 5
4 applies 5@2 members 2 3 4
1 applies 5@2 members 2 3 4
1 knows that it is no member any more
2 applies 5@2 members 2 3 4
3 applies 5@2 members 2 3 4

show
----
1 is follower in term 2, voted for 4, leader 4, last 5@2, durable 5, commit 5
  members 2 3 4
  disk 1@1; 2@1 members 1 2 3, learners 4; 3@1 members 1 2 3 4; 4@2; 5@2 members 2 3 4
2 is follower in term 2, voted for 4, leader 4, last 5@2, durable 5, commit 5
  members 2 3 4
  disk 1@1; 2@1 members 1 2 3, learners 4; 3@1 members 1 2 3 4; 4@2; 5@2 members 2 3 4
3 is follower in term 2, voted for 4, leader 4, last 5@2, durable 5, commit 5
  members 2 3 4
  disk 1@1; 2@1 members 1 2 3, learners 4; 3@1 members 1 2 3 4; 4@2; 5@2 members 2 3 4
4 is leader in term 2, voted for 4, leader 4, last 5@2, durable 5, commit 5
  members 2 3 4
  disk 1@1; 2@1 members 1 2 3, learners 4; 3@1 members 1 2 3 4; 4@2; 5@2 members 2 3 4
  1: match 5, next 6, replicating, under way []
  2: match 5, next 6, replicating, under way []
  3: match 5, next 6, replicating, under way []
