# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# The module EfaWin: the programs of efawin as commands that return objects. It has no knowledge of EFA of
# its own, and nothing else needs it. For Windows PowerShell 5.1 and PowerShell 7.

Set-StrictMode -Version 2.0

# ---- Not exported ----

# The path of one of the programs, which lie in the package's folder bin unless another one is given.
function Resolve-EfaProgram {
    param(
        [string] $Name,
        [string] $Folder
    )

    if (-not $Folder) {
        $Folder = Join-Path -Path $PSScriptRoot -ChildPath '..\..\bin'
    }
    $path = Join-Path -Path $Folder -ChildPath $Name
    if (-not (Test-Path -LiteralPath $path -PathType Leaf)) {
        throw "$Name is not in the folder $Folder. Name the folder of the programs with -ProgramFolder."
    }
    return (Resolve-Path -LiteralPath $path).ProviderPath
}

# An argument as the C runtime of a program takes it apart.
function ConvertTo-EfaArgument {
    param(
        [string] $Value
    )

    if ($Value -eq '' -or $Value -match '[\s"]') {
        $escaped = $Value -replace '(\\*)"', '$1$1\"'
        $escaped = $escaped -replace '(\\+)$', '$1$1'
        return '"' + $escaped + '"'
    }
    return $Value
}

# Runs a program and returns what its JSON says. A program that writes none has failed: its own line says
# why. The shell's redirection is not used, because Windows PowerShell changes what programs write.
function Invoke-EfaProgram {
    param(
        [string] $Path,
        [string[]] $Arguments,
        [string] $SearchFirst
    )

    $start = New-Object -TypeName System.Diagnostics.ProcessStartInfo
    $start.FileName = $Path
    $words = foreach ($argument in $Arguments) {
        ConvertTo-EfaArgument -Value $argument
    }
    $start.Arguments = $words -join ' '
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $start.StandardOutputEncoding = New-Object -TypeName System.Text.UTF8Encoding
    $start.StandardErrorEncoding = New-Object -TypeName System.Text.UTF8Encoding
    if ($SearchFirst) {
        $start.EnvironmentVariables['PATH'] = $SearchFirst + ';' + $start.EnvironmentVariables['PATH']
    }

    $process = New-Object -TypeName System.Diagnostics.Process
    $process.StartInfo = $start
    try {
        [void] $process.Start()
        # Both pipes are emptied at once, or the program waits for the one that nobody reads.
        $errors = $process.StandardError.ReadToEndAsync()
        $output = $process.StandardOutput.ReadToEnd()
        $process.WaitForExit()
        $said = $errors.Result.Trim()
        $status = $process.ExitCode
    }
    finally {
        $process.Dispose()
    }

    if ($said) {
        Write-Verbose -Message $said
    }
    if (-not $output.TrimStart().StartsWith('{')) {
        $name = Split-Path -Path $Path -Leaf
        throw "$name ended with exit status ${status}: $said"
    }
    return ConvertFrom-Json -InputObject $output
}

# Whether a file is a DLL or program for x64: the header that Windows itself reads.
function Test-EfaX64File {
    param(
        [string] $Path
    )

    $stream = [System.IO.File]::OpenRead($Path)
    try {
        $reader = New-Object -TypeName System.IO.BinaryReader -ArgumentList $stream
        if ($stream.Length -lt 64 -or $reader.ReadUInt16() -ne 0x5A4D) {
            return $false
        }
        $stream.Position = 0x3C
        $header = $reader.ReadUInt32()
        if ($header + 6 -gt $stream.Length) {
            return $false
        }
        $stream.Position = $header
        return ($reader.ReadUInt32() -eq 0x4550) -and ($reader.ReadUInt16() -eq 0x8664)
    }
    finally {
        $stream.Dispose()
    }
}

function Test-EfaSameFile {
    param(
        [string] $Path,
        [string] $Other
    )

    $one = Get-FileHash -LiteralPath $Path -Algorithm SHA256
    $two = Get-FileHash -LiteralPath $Other -Algorithm SHA256
    return $one.Hash -eq $two.Hash
}

function Test-EfaAdministrator {
    $identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object -TypeName System.Security.Principal.WindowsPrincipal -ArgumentList $identity
    return $principal.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
}

# The file libfabric.dll or libfabric_new.dll that a path names, or the first that a folder holds.
function Resolve-EfaLibfabric {
    param(
        [string] $Path
    )

    $found = Get-Item -LiteralPath $Path -ErrorAction Stop
    if ($found.PSIsContainer) {
        $folder = $found.FullName
        $found = Get-ChildItem -LiteralPath $folder -Filter 'libfabric*.dll' | Select-Object -First 1
        if (-not $found) {
            throw "There is no libfabric*.dll in $folder. Name the folder that a program loads it from."
        }
    }
    if (-not (Test-EfaX64File -Path $found.FullName)) {
        throw "$($found.FullName) is no DLL for x64, so it cannot load efawin.dll."
    }
    return $found.FullName
}

# ---- Exported ----

function Test-Efa {
    <#
    .SYNOPSIS
    Checks whether EFA works on this machine.

    .DESCRIPTION
    Runs efa_doctor, which checks everything from Windows up to verified messages and changes nothing.
    Returns an object for each check: its name, its status (ok, warning, failed or skipped), what was
    found, and, where something is wrong, the code of the finding, what it means and what to do.

    .PARAMETER Quiet
    Returns $true where no check has failed, else $false, and no objects.

    .PARAMETER ProgramFolder
    The folder of efa_doctor.exe. Without it the folder bin of the package that this module lies in.

    .EXAMPLE
    Test-Efa | Where-Object Status -ne 'ok' | Format-List

    Shows what is not in order, with what to do.

    .EXAMPLE
    if (-not (Test-Efa -Quiet)) { exit 1 }

    Ends a script where EFA does not work.

    .OUTPUTS
    EfaWin.Check, or with -Quiet System.Boolean
    #>
    [CmdletBinding()]
    param(
        [switch] $Quiet,
        [string] $ProgramFolder
    )

    $program = Resolve-EfaProgram -Name 'efa_doctor.exe' -Folder $ProgramFolder
    $report = Invoke-EfaProgram -Path $program -Arguments @('--json')
    if ($Quiet) {
        return $report.verdict -ne 'failed'
    }
    foreach ($check in $report.checks) {
        $problem = $check.PSObject.Properties['problem']
        [PSCustomObject] @{
            PSTypeName = 'EfaWin.Check'
            Check      = $check.check
            Title      = $check.title
            Status     = $check.status
            Detail     = $check.detail
            Code       = if ($problem) { $problem.Value.code } else { $null }
            Meaning    = if ($problem) { $problem.Value.meaning } else { $null }
            Advice     = if ($problem) { $problem.Value.advice } else { $null }
        }
    }
}

function Get-EfaAdapter {
    <#
    .SYNOPSIS
    Returns the EFA adapters of this machine.

    .DESCRIPTION
    Runs efa_devinfo and returns an object for each adapter, with its limits and ports. The names are
    those of efa_devinfo --json. Where there is no adapter, the error says why.

    .PARAMETER ProgramFolder
    The folder of efa_devinfo.exe. Without it the folder bin of the package that this module lies in.

    .EXAMPLE
    (Get-EfaAdapter).ports.max_msg_sz_bytes

    The largest message.

    .OUTPUTS
    EfaWin.Adapter
    #>
    [CmdletBinding()]
    param(
        [string] $ProgramFolder
    )

    $program = Resolve-EfaProgram -Name 'efa_devinfo.exe' -Folder $ProgramFolder
    $report = Invoke-EfaProgram -Path $program -Arguments @('--json')
    foreach ($device in $report.devices) {
        $device.PSObject.TypeNames.Insert(0, 'EfaWin.Adapter')
        $device
    }
}

function Measure-Efa {
    <#
    .SYNOPSIS
    Measures latency, bandwidth, message rate or RDMA read.

    .DESCRIPTION
    Runs efa_perf and returns an object for each size of message, with the names of efa_perf --json. Start
    it on one machine without -ComputerName, which waits for the other one; then on the other with the
    first one's name and the same values. -Loopback measures on this machine only.

    .PARAMETER ComputerName
    The machine that waits: its name or address.

    .PARAMETER Test
    lat (half the round trip), bw, rate (messages a second) or read (RDMA read).

    .PARAMETER Size
    Bytes of a message.

    .PARAMETER AllSizes
    Sizes from 1 byte up to the largest.

    .PARAMETER Iterations
    Messages of each size.

    .PARAMETER UnreliableDatagram
    UD instead of SRD.

    .PARAMETER Loopback
    Both sides in one process, on this machine.

    .PARAMETER Port
    The TCP port at which the two sides meet. Windows' firewall must let it in where one waits; see
    Install-EfaWin.

    .PARAMETER ProgramFolder
    The folder of efa_perf.exe. Without it the folder bin of the package that this module lies in.

    .EXAMPLE
    Measure-Efa -Test lat -AllSizes -ComputerName 10.0.0.7 | Select-Object size_bytes -ExpandProperty latency_us

    Latency by size, between this machine and 10.0.0.7, where Measure-Efa -Test lat -AllSizes waits.

    .EXAMPLE
    Measure-Efa -Test rate -Loopback

    The message rate of this machine.

    .OUTPUTS
    EfaWin.Measurement
    #>
    [CmdletBinding(DefaultParameterSetName = 'Pair')]
    param(
        [Parameter(ParameterSetName = 'Pair', Position = 0)]
        [string] $ComputerName,

        [ValidateSet('lat', 'bw', 'rate', 'read')]
        [string] $Test = 'lat',

        [ValidateRange(1, 2147483647)]
        [int] $Size,

        [switch] $AllSizes,

        [ValidateRange(1, 2147483647)]
        [int] $Iterations,

        [switch] $UnreliableDatagram,

        [Parameter(ParameterSetName = 'Loopback', Mandatory = $true)]
        [switch] $Loopback,

        [Parameter(ParameterSetName = 'Pair')]
        [ValidateRange(1, 65535)]
        [int] $Port,

        [string] $ProgramFolder
    )

    $program = Resolve-EfaProgram -Name 'efa_perf.exe' -Folder $ProgramFolder
    $arguments = @($Test, '--json', '-')
    if ($Size) { $arguments += @('--size', $Size) }
    if ($AllSizes) { $arguments += '--all' }
    if ($Iterations) { $arguments += @('--iters', $Iterations) }
    if ($UnreliableDatagram) { $arguments += '--ud' }
    if ($Loopback) { $arguments += '--loopback' }
    if ($Port) { $arguments += @('--port', $Port) }
    if ($ComputerName) { $arguments += $ComputerName }
    $report = Invoke-EfaProgram -Path $program -Arguments $arguments
    if ($report.interrupted) {
        Write-Warning -Message 'efa_perf was interrupted: not all was measured.'
    }
    foreach ($result in $report.results) {
        $result.PSObject.TypeNames.Insert(0, 'EfaWin.Measurement')
        $result
    }
}

function Install-EfaWin {
    <#
    .SYNOPSIS
    Puts efawin.dll beside a libfabric, checks the pair, and lets the programs' TCP port in.

    .DESCRIPTION
    Copies efawin.dll into the folder of the given libfabric.dll, from which its EFA provider loads it. A
    different efawin.dll that lies there is kept as efawin.dll.previous. Then efa_doctor checks the two. A
    rule of Windows' firewall lets in the TCP ports at which efa_pingpong and efa_perf meet; EFA's own
    messages do not pass the firewall. What is already as it should be is left alone. -WhatIf shows what
    would be done, -Confirm asks before each step. Nothing is changed before all was checked.

    .PARAMETER LibfabricPath
    libfabric.dll, or the folder that holds it.

    .PARAMETER Port
    The TCP ports that the rule lets in.

    .PARAMETER RemoteAddress
    From where: LocalSubnet, Any, or addresses as New-NetFirewallRule takes them.

    .PARAMETER SkipFirewall
    Makes no rule. Then no administrator is needed, unless the folder wants one.

    .PARAMETER ProgramFolder
    The folder of efawin.dll and efa_doctor.exe. Without it the folder bin of the package that this module
    lies in.

    .EXAMPLE
    Install-EfaWin -LibfabricPath 'C:\App\libfabric.dll' -WhatIf

    Shows what would be done.

    .EXAMPLE
    Install-EfaWin -LibfabricPath 'C:\App' -SkipFirewall

    Copies the DLL and checks the pair.

    .OUTPUTS
    EfaWin.Installation: the files, and what efa_doctor says of them
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium')]
    param(
        [Parameter(Mandatory = $true, Position = 0)]
        [string] $LibfabricPath,

        [ValidateRange(1, 65535)]
        [int[]] $Port = @(18515, 18516),

        [string[]] $RemoteAddress = @('LocalSubnet'),

        [switch] $SkipFirewall,

        [string] $ProgramFolder
    )

    $ruleName = 'efawin-programs'
    $source = Resolve-EfaProgram -Name 'efawin.dll' -Folder $ProgramFolder
    $doctor = Resolve-EfaProgram -Name 'efa_doctor.exe' -Folder $ProgramFolder
    $libfabric = Resolve-EfaLibfabric -Path $LibfabricPath
    $folder = Split-Path -Path $libfabric -Parent
    $target = Join-Path -Path $folder -ChildPath 'efawin.dll'
    if (-not $SkipFirewall -and -not $WhatIfPreference -and -not (Test-EfaAdministrator)) {
        throw 'The firewall rule needs an administrator. Start PowerShell as one, or use -SkipFirewall.'
    }

    $present = Test-Path -LiteralPath $target -PathType Leaf
    if ($present -and (Test-EfaSameFile -Path $source -Other $target)) {
        Write-Verbose -Message "$target is this efawin.dll already."
    }
    elseif ($PSCmdlet.ShouldProcess($target, 'Copy efawin.dll')) {
        if ($present) {
            Copy-Item -LiteralPath $target -Destination "$target.previous" -Force -ErrorAction Stop
        }
        Copy-Item -LiteralPath $source -Destination $target -Force -ErrorAction Stop
    }

    if (-not $SkipFirewall) {
        $rule = Get-NetFirewallRule -Name $ruleName -ErrorAction SilentlyContinue
        if ($rule) {
            Write-Verbose -Message "The firewall rule $ruleName is there already; remove it to have another."
        }
        elseif ($PSCmdlet.ShouldProcess("TCP $($Port -join ', ') from $($RemoteAddress -join ', ')",
                'Add a firewall rule')) {
            [void] (New-NetFirewallRule -Name $ruleName -DisplayName 'efawin programs' -Direction Inbound `
                    -Action Allow -Protocol TCP -LocalPort $Port -RemoteAddress $RemoteAddress `
                    -ErrorAction Stop)
        }
    }

    if ($WhatIfPreference) {
        return
    }
    # The doctor looks for libfabric.dll along PATH.
    $report = Invoke-EfaProgram -Path $doctor -Arguments @('--json') -SearchFirst $folder
    $name = [System.IO.Path]::GetFileNameWithoutExtension($libfabric).Replace('_', '-')
    $check = $report.checks | Where-Object -FilterScript { $_.check -eq $name }
    if (-not $check) {
        Write-Warning -Message "efa_doctor checks libfabric.dll and libfabric_new.dll only."
    } elseif ($check.status -ne 'ok') {
        Write-Warning -Message "efa_doctor: $($check.detail)"
    }
    [PSCustomObject] @{
        PSTypeName = 'EfaWin.Installation'
        Libfabric  = $libfabric
        Dll        = $target
        Verdict    = $report.verdict
        Libraries  = $check.detail
    }
}

Export-ModuleMember -Function 'Get-EfaAdapter', 'Install-EfaWin', 'Measure-Efa', 'Test-Efa'
