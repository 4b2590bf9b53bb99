# expect: train-test-normalization-mismatch
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2)
X_train = (X_train - X_train.mean()) / X_train.std()
X_test = X_test / 255.0  # <- here
train_data = TensorDataset(torch.tensor(X_train), torch.tensor(y_train))
