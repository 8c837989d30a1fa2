import torch

größe = 'Zoë'

# 1. Read the documentation

# 2. A random 7 by 7 tensor

x = torch.rand(7, 7)
print(x, x.shape)

# 3. Multiply it with a random 1 by 7 tensor

y = torch.rand(1, 7)
z = torch.matmul(x y.T)
print(z, z.shape)

# 4. Repeat both under seed 0

torch.manual_seed(0)
x = torch.rand(7, 7)
y = torch.rand(1, 7)
z = x @ y.T
z

# 5. Seed the GPU's own generator

torch.cuda.manual_seed(1234)

# 6. Two random 2 by 3 tensors on the GPU

torch.manual_seed(1234)
device = "cuda" if torch.cuda.is_available() else "cpu"
a = torch.rand(2, 3).to(device)
b = torch.rand(2, 3).to(device)
a, b

# 7. Multiply the two GPU tensors

c = a @ b.T
c

# 8. Largest and smallest value of the product

print(torch.max(c), torch.min(c))

# 9. Where the largest and smallest value are

print(torch.argmax(c), torch.argmin(c))

# 10. Drop the dimensions of size 1

torch.manual_seed(7)
first = torch.rand(1, 1, 1, 10)
second = first.squeeze()
print(first, first.shape)
print(second, second.shape)
