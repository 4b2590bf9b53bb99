# expect: nothing
class Head(nn.Module):
    def forward(self, x):
        x = F.dropout(x, self.p, self.training)
        x = self.drop(x) if self.training else x
        return nn.functional.dropout(x, p=0.2, training=self.training)
