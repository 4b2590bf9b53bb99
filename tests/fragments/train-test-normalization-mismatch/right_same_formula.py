# expect: nothing
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2)
mean, std = X_train.mean(), X_train.std()
X_train = (X_train - mean) / std
X_test = (X_test - mean) / std

a, b, c, d = train_test_split(P, q)
a = scaler.fit_transform(a)
b = scaler.transform(b)
