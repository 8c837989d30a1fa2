# %%
import torch

# %% [markdown]
# ## 1. Read the documentation

# %% [markdown]
# ## 2. A random 7 by 7 tensor

# %%
x = torch.rand(7, 7)
x

# %% [markdown]
# ## 3. Multiply it with a random 1 by 7 tensor

# %%
y = torch.rand(1, 7)
z = torch.matmul(x, y.T)
print(z, z.shape)

# %% [markdown]
# ## 4. Repeat both under seed 0

# %%
torch.manual_seed(0)
x = torch.rand(7, 7)
y = torch.rand(1, 7)
z = x @ y.T
z

# %% [markdown]
# ## 5. Seed the GPU's own generator

# %%
torch.cuda.manual_seed(1234)

# %% [markdown]
# ## 6. Two random 2 by 3 tensors on the GPU

# %%
torch.manual_seed(1234)
device = "cuda" if torch.cuda.is_available() else "cpu"
a = torch.rand(2, 3).to(device)
b = torch.rand(2, 3).to(device)
a, b

# %% [markdown]
# ## 7. Multiply the two GPU tensors

# %%
c = a @ b.T
c

# %% [markdown]
# ## 8. Largest and smallest value of the product

# %%
c.max(), c.min()

# %% [markdown]
# ## 9. Where the largest and smallest value are

# %%
print(torch.argmax(c), torch.argmin(c))

# %% [markdown]
# ## 10. Drop the dimensions of size 1

# %%
torch.manual_seed(7)
first = torch.rand(1, 1, 1, 10)
second = first.squeeze()
print(first, first.shape)
print(second, second.shape)
