import torch

# Exercise 1

# Exercise 2

x = torch.rand(7, 7)
print(x, x.shape)

# Exercise 3

y = torch.rand(1, 7)
z = torch.matmul(x, y.T)
print(z, z.shape)

# Exercise 4

x = torch.rand(7, 7)
y = torch.rand(1, 7)
z = x @ y.T
print(z)

# Exercise 5

torch.cuda.manual_seed(1234)

# Exercise 6

torch.manual_seed(1234)
device = "cuda" if torch.cuda.is_available() else "cpu"
a = torch.rand(2, 3).to(device)
b = torch.rand(2, 3).to(device)
a, b

# Exercise 7

c = a @ b.T
c

# Exercise 8

print(torch.max(c), torch.min(c))

# Exercise 9

print(torch.argmax(c), torch.argmin(c))

# Exercise 10

torch.manual_seed(7)
first = torch.rand(1, 1, 1, 10)
second = first.squeeze()
print(first, first.shape)
print(second, second.shape)
