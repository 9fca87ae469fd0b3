print("roundhouse")
