# A new member comes as a learner: it receives the log and counts for nothing. Near the tip it is made
# a voter, and from that entry on it counts.
limit promotions 1
cluster 1
quietly propose 1 a b
join 2
add 2 at 1
----
1 writes 4@1 members 1, learners 2
1->2 in term 1: append after 3@1 4@1 members 1, learners 2, commit 3, answer
1 applies 4@1 members 1, learners 2

deliver 1->2
----
2 follows 1 in term 1
2 writes term 1 vote none
2->1 in term 1: no such 3, try 0@0

show 1
----
1 is leader in term 1, voted for 1, leader 1, last 4@1, durable 4, commit 4
  members 1, learners 2
  disk 1@1; 2@1 a; 3@1 b; 4@1 members 1, learners 2
  2: match 0, next 4, probing, asked

propose 1 c
----
1 writes 5@1 c
1 applies 5@1 c

deliver 2->1
----
1->2 in term 1: append after 0@0 1@1; 2@1 a; 3@1 b; 4@1 members 1, learners 2; 5@1 c, commit 5, answer

show 1
----
1 is leader in term 1, voted for 1, leader 1, last 5@1, durable 5, commit 5
  members 1, learners 2
  disk 1@1; 2@1 a; 3@1 b; 4@1 members 1, learners 2; 5@1 c
  2: match 0, next 1, probing, asked

settle
----
2 writes 1@1; 2@1 a; 3@1 b; 4@1 members 1, learners 2; 5@1 c
2->1 in term 1: have 5, durable 0
2->1 in term 1: have 5, durable 5
2 applies 1@1; 2@1 a; 3@1 b; 4@1 members 1, learners 2; 5@1 c
1 writes 6@1 members 1 2
1->2 in term 1: append after 5@1 6@1 members 1 2, commit 5
2 writes 6@1 members 1 2
2->1 in term 1: have 6, durable 6
1->2 in term 1: append after 6@1, commit 6
1 applies 6@1 members 1 2
2 applies 6@1 members 1 2

show
----
1 is leader in term 1, voted for 1, leader 1, last 6@1, durable 6, commit 6
  members 1 2
  disk 1@1; 2@1 a; 3@1 b; 4@1 members 1, learners 2; 5@1 c; 6@1 members 1 2
  2: match 6, next 7, replicating, under way []
2 is follower in term 1, voted for nobody, leader 1, last 6@1, durable 6, commit 6
  members 1 2
  disk 1@1; 2@1 a; 3@1 b; 4@1 members 1, learners 2; 5@1 c; 6@1 members 1 2
