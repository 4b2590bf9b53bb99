# expect: freeze-without-effect
class Finetuner(nn.Module):
    def __init__(self, base):
        super().__init__()
        self.base = base
        for param in self.base.parameters():
            param.requires_grad == False  # <- here
        self.out = nn.Linear(512, 2)

    def forward(self, x):
        return self.out(self.base(x))
