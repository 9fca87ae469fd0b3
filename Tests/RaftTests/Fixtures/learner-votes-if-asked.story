# A learner that was promoted and does not know it yet votes when it is asked: whoever asks has the
# configuration that makes it a voter.
limit promotions 1
cluster 1 2 learner 3
elect 1 by 2
deliver 1->2
----
2 follows 1 in term 1
2->1 in term 1: heard 1, have 0, durable 0
2 writes 1@1
2->1 in term 1: have 1, durable 0
2->1 in term 1: have 1, durable 1

deliver 2->1
----
1->2 in term 1: append after 1@1, commit 1
1 applies 1@1

deliver 1->3
----
3 follows 1 in term 1
3 writes term 1 vote none
3->1 in term 1: heard 1, have 0, durable 0
3 writes 1@1
3->1 in term 1: have 1, durable 0
3->1 in term 1: have 1, durable 1

# 3 is near the tip, and is made a voter.
deliver 3->1
----
1 writes 2@1 members 1 2 3
1->2 in term 1: append after 1@1 2@1 members 1 2 3, commit 1
1->3 in term 1: append after 1@1 2@1 members 1 2 3, commit 1

# 2 gets the new configuration, 3 does not.
deliver 1->2
----
2 applies 1@1
2 writes 2@1 members 1 2 3
2->1 in term 1: have 2, durable 2

drop
quietly crash 1
quietly close 1-2
quietly close 1-3
show
----
2 lost
1 is down
2 is preCandidate in term 1, voted for 1, leader unknown, last 2@1, durable 2, commit 1
  members 1 2 3
  disk 1@1; 2@1 members 1 2 3
3 is follower in term 1, voted for nobody, leader unknown, last 1@1, durable 1, commit 0
  members 1 2, learners 3
  disk 1@1

elect 2 by 3
show
----
1 is down
2 is leader in term 2, voted for 2, leader 2, last 3@2, durable 3, commit 1
  members 1 2 3
  disk 1@1; 2@1 members 1 2 3; 3@2
  1: match 0, next 3, probing, asked
  3: match 0, next 3, probing, asked
3 is follower in term 2, voted for 2, leader unknown, last 1@1, durable 1, commit 0
  members 1 2, learners 3
  disk 1@1
