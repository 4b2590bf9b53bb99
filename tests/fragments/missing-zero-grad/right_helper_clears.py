# expect: nothing
def train_step(self, batch):
    self.before_step()
    loss = self.compute_loss(batch)
    loss.backward()
    self.optimizer.step()
    return loss.item()


for engine, batches in work:
    for batch in batches:
        loss = engine.loss(batch)
        loss.backward()
        engine.finish(optimizer)
        optimizer.step()
