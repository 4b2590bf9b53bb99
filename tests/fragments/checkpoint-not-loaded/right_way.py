# expect: nothing
model = MyNet()
missing = model.load_state_dict(torch.load("weights.pth", map_location="cpu"))
print(missing)
model.eval()
