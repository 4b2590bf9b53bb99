# expect: checkpoint-not-loaded
model = MyNet()
model = model.load_state_dict(torch.load("weights.pth"))  # <- here
model.eval()
