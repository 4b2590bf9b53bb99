# expect: nothing
for real in loader:
    netD.zero_grad()
    errD = criterion(netD(real), ones) + criterion(netD(netG(noise).detach()), zeros)
    errD.backward()
    optimizerD.step()
    errG = criterion(netD(netG(noise)), ones)
    optimizerG.zero_grad()
    errG.backward()
    optimizerD.zero_grad()
    optimizerG.step()
