# Figure 8 of the paper. Entry 2 of term 2 comes to be on a majority, 1, 2 and 3, and its leader
# knows it: still it is not committed, because it is of an earlier term.
limit entries 1
disk 1 term 3 log 1 2
disk 2 term 2 log 1 2
disk 3 term 3 vote 5 log 1
disk 4 term 3 vote 5 log 1
disk 5 term 3 vote 5 log 1 3
cluster 1 2 3 4 5
elect 1 by 2 3
drop ->2
drop ->4
drop ->5
----
2 lost
2 lost
2 lost

deliver 1->3
----
3 follows 1 in term 4
3->1 in term 4: heard 1, have 0, durable 0
3->1 in term 4: no such 2, try 1@1

deliver 3->1
----
1->3 in term 4: append after 1@1 2@2 old2, commit 0, answer

deliver 1->3
----
3 writes 2@2 old2
3->1 in term 4: have 2, durable 1
3->1 in term 4: have 2, durable 2

deliver 3->1
----
1->3 in term 4: append after 2@2 3@4, commit 0

drop
time 30
----
1 lost
1->2 in term 4: heartbeat 2, match 0, commit 0
1->3 in term 4: heartbeat 2, match 2, commit 0
1->4 in term 4: heartbeat 2, match 0, commit 0
1->5 in term 4: heartbeat 2, match 0, commit 0
4 asks around in term 3
4->1 in term 3: would you vote for me in term 4? log 1@1
4->2 in term 3: would you vote for me in term 4? log 1@1
4->3 in term 3: would you vote for me in term 4? log 1@1
4->5 in term 3: would you vote for me in term 4? log 1@1

deliver ->2
----
2 follows 1 in term 4
2->1 in term 4: heard 2, have 0, durable 0
2->4 in term 4: in term 4: no

deliver 2->1
----
1->2 in term 4: append after 2@2, commit 0, answer

deliver ->2
----
2->1 in term 4: have 2, durable 2

deliver 2->1
----
1->2 in term 4: append after 2@2 3@4, commit 0

show 1
----
1 is leader in term 4, voted for 1, leader 1, last 3@4, durable 3, commit 0
  members 1 2 3 4 5
  disk 1@1 old1; 2@2 old2; 3@4
  2: match 2, next 4, replicating, under way [3]
  3: match 2, next 4, replicating, under way [3]
  4: match 0, next 3, probing, asked
  5: match 0, next 3, probing, asked

# 1 dies before entry 3, its own, gets anywhere. 5 may be elected, and replaces entry 2 everywhere.
quietly drop
quietly crash 1
quietly close 1-2
quietly close 1-3
quietly close 1-4
quietly close 1-5
elect 5 by 3 4
settle
----
2 follows 5 in term 5
2 writes term 5 vote none
2->1 in term 4: would you vote for me in term 5? log 2@2
2->3 in term 4: would you vote for me in term 5? log 2@2
2->4 in term 4: would you vote for me in term 5? log 2@2
2->5 in term 4: would you vote for me in term 5? log 2@2
2->5 in term 5: heard 1, have 0, durable 0
3 follows 5 in term 5
3->5 in term 5: heard 1, have 0, durable 0
4 follows 5 in term 5
4->5 in term 5: heard 1, have 0, durable 0
2->5 in term 5: no such 2, try 2@2
3->5 in term 5: no such 2, try 2@2
4->5 in term 5: no such 2, try 1@1
3->2 in term 5: in term 5: no
4->2 in term 5: in term 5: no
5->2 in term 5: in term 5: no
5->2 in term 5: append after 1@1 2@3 old2, commit 0, answer
5->3 in term 5: append after 1@1 2@3 old2, commit 0, answer
5->4 in term 5: append after 1@1 2@3 old2, commit 0, answer
2 writes cut from 2, 2@3 old2
2->5 in term 5: have 2, durable 1
2->5 in term 5: have 2, durable 2
3 writes cut from 2, 2@3 old2
3->5 in term 5: have 2, durable 1
3->5 in term 5: have 2, durable 2
4 writes 2@3 old2
4->5 in term 5: have 2, durable 1
4->5 in term 5: have 2, durable 2
5->2 in term 5: append after 2@3 3@5, commit 0
5->3 in term 5: append after 2@3 3@5, commit 0
5->4 in term 5: append after 2@3 3@5, commit 0
2 writes 3@5
2->5 in term 5: have 3, durable 3
3 writes 3@5
3->5 in term 5: have 3, durable 3
4 writes 3@5
4->5 in term 5: have 3, durable 3
5->2 in term 5: append after 3@5, commit 3
5->3 in term 5: append after 3@5, commit 3
5->4 in term 5: append after 3@5, commit 3
5 applies 1@1 old1; 2@3 old2; 3@5
2 applies 1@1 old1; 2@3 old2; 3@5
3 applies 1@1 old1; 2@3 old2; 3@5
4 applies 1@1 old1; 2@3 old2; 3@5

show
----
1 is down
2 is follower in term 5, voted for nobody, leader 5, last 3@5, durable 3, commit 3
  members 1 2 3 4 5
  disk 1@1 old1; 2@3 old2; 3@5
3 is follower in term 5, voted for 5, leader 5, last 3@5, durable 3, commit 3
  members 1 2 3 4 5
  disk 1@1 old1; 2@3 old2; 3@5
4 is follower in term 5, voted for 5, leader 5, last 3@5, durable 3, commit 3
  members 1 2 3 4 5
  disk 1@1 old1; 2@3 old2; 3@5
5 is leader in term 5, voted for 5, leader 5, last 3@5, durable 3, commit 3
  members 1 2 3 4 5
  disk 1@1 old1; 2@3 old2; 3@5
  1: match 0, next 3, probing, asked
  2: match 3, next 4, replicating, under way []
  3: match 3, next 4, replicating, under way []
  4: match 3, next 4, replicating, under way []
