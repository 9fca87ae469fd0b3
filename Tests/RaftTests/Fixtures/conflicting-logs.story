# Logs as in figure 7 of the paper: entries missing here, too many there. The leader finds the last
# entry in common with few questions, and its own log prevails.
disk 1 term 7 log 1 1 1 4 4 5 5 6 6 6
disk 2 term 6 log 1 1 1 4 4 5 5 6 6
disk 3 term 4 log 1 1 1 4
disk 4 term 6 log 1 1 1 4 4 5 5 6 6 6 6
disk 5 term 7 log 1 1 1 4 4 5 5 6 6 6 7 7
disk 6 term 4 log 1 1 1 4 4 4 4
disk 7 term 3 log 1 1 1 2 2 2 3 3 3 3 3
cluster 1 2 3 4 5 6 7
elect 1 by 2 3 6
settle
----
2 follows 1 in term 8
2->1 in term 8: heard 1, have 0, durable 0
3 follows 1 in term 8
3->1 in term 8: heard 1, have 0, durable 0
4 follows 1 in term 8
4 writes term 8 vote none
4->1 in term 8: heard 1, have 0, durable 0
5 follows 1 in term 8
5 writes term 8 vote none
5->1 in term 8: heard 1, have 0, durable 0
6 follows 1 in term 8
6->1 in term 8: heard 1, have 0, durable 0
7 follows 1 in term 8
7 writes term 8 vote none
7->1 in term 8: heard 1, have 0, durable 0
2->1 in term 8: no such 10, try 9@6
3->1 in term 8: no such 10, try 4@4
4 writes cut from 11, 11@8
4->1 in term 8: have 11, durable 10
4->1 in term 8: have 11, durable 11
5 writes cut from 11, 11@8
5->1 in term 8: have 11, durable 10
5->1 in term 8: have 11, durable 11
6->1 in term 8: no such 10, try 7@4
7->1 in term 8: no such 10, try 10@3
1->2 in term 8: append after 9@6 10@6 old10; 11@8, commit 0, answer
1->3 in term 8: append after 4@4 5@4 old5; 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8, commit 0, answer
1->6 in term 8: append after 5@4 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8, commit 0, answer
1->7 in term 8: append after 3@1 4@4 old4; 5@4 old5; 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8, commit 0, answer
2 writes 10@6 old10; 11@8
2->1 in term 8: have 11, durable 9
2->1 in term 8: have 11, durable 11
3 writes 5@4 old5; 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8
3->1 in term 8: have 11, durable 4
3->1 in term 8: have 11, durable 11
6 writes cut from 6, 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8
6->1 in term 8: have 11, durable 5
6->1 in term 8: have 11, durable 11
7 writes cut from 4, 4@4 old4; 5@4 old5; 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8
7->1 in term 8: have 11, durable 3
7->1 in term 8: have 11, durable 11
1->2 in term 8: append after 11@8, commit 11
1->4 in term 8: append after 11@8, commit 11
1->5 in term 8: append after 11@8, commit 11
1 applies 1@1 old1; 2@1 old2; 3@1 old3; 4@4 old4; 5@4 old5; 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8
1->3 in term 8: append after 11@8, commit 11
1->6 in term 8: append after 11@8, commit 11
1->7 in term 8: append after 11@8, commit 11
2 applies 1@1 old1; 2@1 old2; 3@1 old3; 4@4 old4; 5@4 old5; 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8
4 applies 1@1 old1; 2@1 old2; 3@1 old3; 4@4 old4; 5@4 old5; 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8
5 applies 1@1 old1; 2@1 old2; 3@1 old3; 4@4 old4; 5@4 old5; 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8
3 applies 1@1 old1; 2@1 old2; 3@1 old3; 4@4 old4; 5@4 old5; 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8
6 applies 1@1 old1; 2@1 old2; 3@1 old3; 4@4 old4; 5@4 old5; 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8
7 applies 1@1 old1; 2@1 old2; 3@1 old3; 4@4 old4; 5@4 old5; 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8

show
----
1 is leader in term 8, voted for 1, leader 1, last 11@8, durable 11, commit 11
  members 1 2 3 4 5 6 7
  disk 1@1 old1; 2@1 old2; 3@1 old3; 4@4 old4; 5@4 old5; 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8
  2: match 11, next 12, replicating, under way []
  3: match 11, next 12, replicating, under way []
  4: match 11, next 12, replicating, under way []
  5: match 11, next 12, replicating, under way []
  6: match 11, next 12, replicating, under way []
  7: match 11, next 12, replicating, under way []
2 is follower in term 8, voted for 1, leader 1, last 11@8, durable 11, commit 11
  members 1 2 3 4 5 6 7
  disk 1@1 old1; 2@1 old2; 3@1 old3; 4@4 old4; 5@4 old5; 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8
3 is follower in term 8, voted for 1, leader 1, last 11@8, durable 11, commit 11
  members 1 2 3 4 5 6 7
  disk 1@1 old1; 2@1 old2; 3@1 old3; 4@4 old4; 5@4 old5; 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8
4 is follower in term 8, voted for nobody, leader 1, last 11@8, durable 11, commit 11
  members 1 2 3 4 5 6 7
  disk 1@1 old1; 2@1 old2; 3@1 old3; 4@4 old4; 5@4 old5; 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8
5 is follower in term 8, voted for nobody, leader 1, last 11@8, durable 11, commit 11
  members 1 2 3 4 5 6 7
  disk 1@1 old1; 2@1 old2; 3@1 old3; 4@4 old4; 5@4 old5; 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8
6 is follower in term 8, voted for 1, leader 1, last 11@8, durable 11, commit 11
  members 1 2 3 4 5 6 7
  disk 1@1 old1; 2@1 old2; 3@1 old3; 4@4 old4; 5@4 old5; 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8
7 is follower in term 8, voted for nobody, leader 1, last 11@8, durable 11, commit 11
  members 1 2 3 4 5 6 7
  disk 1@1 old1; 2@1 old2; 3@1 old3; 4@4 old4; 5@4 old5; 6@5 old6; 7@5 old7; 8@6 old8; 9@6 old9; 10@6 old10; 11@8
