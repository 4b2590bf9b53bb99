# expect: nothing
class Net(nn.Module):
    def forward(self, x):
        return torch.log(F.softmax(self.fc(x), dim=1) + 1e-9)


model = Net()
loss = F.nll_loss(model(images), labels)
loss = F.nll_loss(F.log_softmax(model(images), 1), labels)
