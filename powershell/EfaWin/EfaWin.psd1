# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Manifest of the module EfaWin; its commands are in EfaWin.psm1. The packages have their version in it.
@{
    RootModule           = 'EfaWin.psm1'
    ModuleVersion        = '0.0.0'
    GUID                 = '4f0c9d35-6a58-4a0e-9a43-0e6f3d2b7c11'
    Author               = 'efawin contributors'
    Copyright            = 'GPL-2.0 or Linux-OpenIB, at your choice'
    Description          = 'Checks, installs and measures EFA on Windows with the programs of efawin.'
    PowerShellVersion    = '5.1'
    CompatiblePSEditions = @('Desktop', 'Core')
    FunctionsToExport    = @('Get-EfaAdapter', 'Install-EfaWin', 'Measure-Efa', 'Test-Efa')
    CmdletsToExport      = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
}
