#!/usr/bin/env python
# coding: utf-8

# In[1]:


import torch


# # Homework
#
# 1. a list in a text
# 2. that is no heading

# ## 1. Read the documentation

# ## 2. A random 7 by 7 tensor

# In[5]:


get_ipython().run_line_magic('matplotlib', 'inline')
x = torch.rand(7, 7)
x
# a comment at the end


# ## 3. Multiply it with a random 1 by 7 tensor

# In[7]:


y = torch.rand(1, 7)
z = torch.matmul(x, y.T)
print(z, z.shape)


# ## 4. Repeat both under seed 0

# In[9]:


torch.manual_seed(0)
x = torch.rand(7, 7)
y = torch.rand(1, 7)
z = x @ y.T
z


# ## 5. Seed the GPU's own generator

# In[11]:


torch.cuda.manual_seed(1234)


# ## 6. Two random 2 by 3 tensors on the GPU

# In[13]:


torch.manual_seed(1234)
device = "cuda" if torch.cuda.is_available() else "cpu"
a = torch.rand(2, 3).to(device)
b = torch.rand(2, 3).to(device)
a, b


# ## 7. Multiply the two GPU tensors

# In[15]:


c = a @ b.T
c


# ## 8. Largest and smallest value of the product

# In[17]:


print(torch.max(c), torch.min(c))


# ## 9. Where the largest and smallest value are

# In[19]:


print(torch.argmax(c), torch.argmin(c))


# ## 10. Drop the dimensions of size 1

# In[21]:


torch.manual_seed(7)
first = torch.rand(1, 1, 1, 10)
second = first.squeeze()
print(first, first.shape)
print(second, second.shape)

