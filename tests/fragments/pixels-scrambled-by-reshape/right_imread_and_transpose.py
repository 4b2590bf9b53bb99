# expect: nothing
def __getitem__(self, idx):
    img = cv2.imread(os.path.join(self.root, self.names[idx]))
    img = cv2.resize(img, (224, 224)).transpose(2, 0, 1)
    x = torch.from_numpy(img).float().view(1, 3, 224, 224)
    flat = np.array(self.rows[idx]).reshape(3, 32, 32)
    return x, flat, self.labels[idx]
