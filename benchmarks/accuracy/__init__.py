"""How often does whytorch name a planted mistake, and how often does it blame a right script?"""
