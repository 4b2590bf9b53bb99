# expect: nothing
class Policy(nn.Module):
    def forward(self, state):
        return F.log_softmax(self.fc2(F.relu(self.fc1(state))), dim=0)


policy = Policy()
loss = F.nll_loss(policy(state).unsqueeze(0), action)
