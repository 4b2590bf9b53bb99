# expect: nothing
import torch.nn as nn
import torch.nn.functional as F

drop = nn.Dropout(1 - keep_prob)
other = nn.Dropout(p=1.0 - args.keep_prob)
third = F.dropout(x, 1 - self.keep, self.training)
