# A leader that is replaced can't confirm reads; they fail when it learns of it.
cluster 1 2 3
quietly stand 1
quietly settle
close 1-2
close 1-3
----
2 asks around in term 1
2->1 in term 1: would you vote for me in term 2? log 1@1
2->3 in term 1: would you vote for me in term 2? log 1@1
3 follows nobody in term 1

read 1 5
----
nothing

quietly stand 2
quietly settle
open 1-2
----
2->1 in term 2: append after 2@2, commit 2, answer

settle
----
1->2 in term 2: have 2, durable 2
