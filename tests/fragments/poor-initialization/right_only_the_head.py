# expect: nothing
def init_weights(module, name=''):
    if isinstance(module, nn.Linear):
        if name.startswith('head'):
            nn.init.zeros_(module.weight)
        else:
            nn.init.xavier_uniform_(module.weight)


def init_head(module, is_head):
    if is_head:
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.weight)
