# expect: nothing
teacher = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8))
student = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.1))
optimizer = optim.Adam(student.parameters())
for epoch in range(epochs):
    teacher.eval()
    for x, y in train_loader:
        optimizer.zero_grad()
        F.mse_loss(student(x), teacher(x).detach()).backward()
        optimizer.step()
