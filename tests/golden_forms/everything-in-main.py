import torch

def main():
    # 2. A random 7 by 7 tensor
    print(torch.rand(7, 7))
    # 3. Multiply it with a random 1 by 7 tensor
    print(torch.rand(7, 7) @ torch.rand(1, 7).T)

main()
