# expect: pixels-scrambled-by-reshape
def __getitem__(self, idx):
    img = cv2.imread(os.path.join(self.root, self.names[idx]))
    img = cv2.resize(img, (224, 224))
    img = img.astype(np.float32) / 255.0
    x = torch.from_numpy(img)
    x = x.view(3, 224, 224)  # <- here
    return x, self.labels[idx]
