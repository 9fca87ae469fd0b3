print("telegram-standin")
