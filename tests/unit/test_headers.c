/* Line headers of the systems whose logs are passed around: clusters, operating systems, servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/header_case.h"

static const struct header_case hdfs_lines[] = {
    {"081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block blk_3886 terminating",
     "text 2008-11-09T20:36:15Z info|pid=148|logger=dfs.DataNode$PacketResponder|message=PacketResponder 1 for block blk_3886 terminating"},
    {"081109 203807 222 INFO dfs.DataNode$PacketResponder: PacketResponder 0 for block blk_-6952 terminating",
     "text 2008-11-09T20:38:07Z info|pid=222|logger=dfs.DataNode$PacketResponder|message=PacketResponder 0 for block blk_-6952 terminating"},
    {"081109 214043 2561 WARN dfs.DataNode$DataXceiver: 10.0.0.85:50010:Got exception while serving blk_-2918 to /10.0.0.64:",
     "text 2008-11-09T21:40:43Z warning|pid=2561|logger=dfs.DataNode$DataXceiver|message=10.0.0.85:50010:Got exception while serving blk_-2918 to /10.0.0.64:"},
    {"081111 080934 19 INFO dfs.FSNamesystem: BLOCK* NameSystem.delete: blk_781 is added to invalidSet of 10.0.0.7:50010",
     "text 2008-11-11T08:09:34Z info|pid=19|logger=dfs.FSNamesystem|message=BLOCK* NameSystem.delete: blk_781 is added to invalidSet of 10.0.0.7:50010"},
    {"081110 103547 13 ERROR dfs.DataNode$DataXceiver: 10.0.0.7:50010:DataXceiver: java.io.EOFException",
     "text 2008-11-10T10:35:47Z error|pid=13|logger=dfs.DataNode$DataXceiver|message=10.0.0.7:50010:DataXceiver: java.io.EOFException"},
    {"81109 203615 148 INFO dfs.DataNode: 10.0.0.7:50010 Served block blk_3 to /10.0.0.7",
     "text 2008-11-09T20:36:15Z info|pid=148|logger=dfs.DataNode|message=10.0.0.7:50010 Served block blk_3 to /10.0.0.7"},
};

static const struct header_case hadoop_lines[] = {
    {"2015-10-18 18:01:47,978 INFO [main] org.apache.hadoop.mapreduce.v2.app.MRAppMaster: Created MRAppMaster for application appattempt_1_0020_000001",
     "text 2015-10-18T18:01:47.978000Z info|thread=main|logger=org.apache.hadoop.mapreduce.v2.app.MRAppMaster|message=Created MRAppMaster for application appattempt_1_0020_000001"},
    {"2015-10-18 18:01:53,447 INFO [Socket Reader #1 for port 62260] org.apache.hadoop.ipc.Server: Starting Socket Reader #1 for port 62260",
     "text 2015-10-18T18:01:53.447000Z info|thread=Socket Reader #1 for port 62260|logger=org.apache.hadoop.ipc.Server|message=Starting Socket Reader #1 for port 62260"},
    {"2015-10-18 18:02:05,118 INFO [IPC Server handler 0 on 62270] org.apache.hadoop.mapred.TaskAttemptListenerImpl: JVM with ID: jvm_1 given task: attempt_1",
     "text 2015-10-18T18:02:05.118000Z info|thread=IPC Server handler 0 on 62270|logger=org.apache.hadoop.mapred.TaskAttemptListenerImpl|message=JVM with ID: jvm_1 given task: attempt_1"},
    {"2015-10-18 18:05:27,570 WARN [LeaseRenewer:ada@node-41:9000] org.apache.hadoop.ipc.Client: Address change detected. Old: node-41/10.0.0.41:9000 New: node-41:9000",
     "text 2015-10-18T18:05:27.570000Z warning|thread=LeaseRenewer:ada@node-41:9000|logger=org.apache.hadoop.ipc.Client|message=Address change detected. Old: node-41/10.0.0.41:9000 New: node-41:9000"},
    {"2015-10-18 18:07:03,328 ERROR [RMCommunicator Allocator] org.apache.hadoop.mapreduce.v2.app.rm.RMContainerAllocator: ERROR IN CONTACTING RM. ",
     "text 2015-10-18T18:07:03.328000Z error|thread=RMCommunicator Allocator|logger=org.apache.hadoop.mapreduce.v2.app.rm.RMContainerAllocator|message=ERROR IN CONTACTING RM. "},
    {"2015-10-18 18:01:50,572 FATAL [uber-SubtaskRunner[1]] org.apache.hadoop.mapred.Task: Failed: x",
     "text 2015-10-18T18:01:50.572000Z critical|thread=uber-SubtaskRunner[1]|logger=org.apache.hadoop.mapred.Task|message=Failed: x"},
    {"2013-11-27 12:55:48,021 INFO org.apache.hadoop.hdfs.server.namenode.NameNode: STARTUP_MSG: ",
     "text 2013-11-27T12:55:48.021000Z info|logger=org.apache.hadoop.hdfs.server.namenode.NameNode|message=STARTUP_MSG: "},
};

static const struct header_case spark_lines[] = {
    {"17/06/09 20:10:40 INFO executor.CoarseGrainedExecutorBackend: Registered signal handlers for [TERM, HUP, INT]",
     "text 2017-06-09T20:10:40Z info|logger=executor.CoarseGrainedExecutorBackend|message=Registered signal handlers for [TERM, HUP, INT]"},
    {"17/06/09 20:10:46 INFO storage.MemoryStore: MemoryStore cleared",
     "text 2017-06-09T20:10:46Z info|logger=storage.MemoryStore|message=MemoryStore cleared"},
    {"17/06/09 20:10:58 WARN python.PythonRunner: Times: total = 39, boot = 30, init = 9, finish = 0",
     "text 2017-06-09T20:10:58Z warning|logger=python.PythonRunner|message=Times: total = 39, boot = 30, init = 9, finish = 0"},
};

static const struct header_case zookeeper_lines[] = {
    {"2015-07-29 17:41:44,747 - INFO  [QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181:FastLeaderElection@774] - Notification time out: 3200",
     "text 2015-07-29T17:41:44.747000Z info|thread=QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181|logger=FastLeaderElection|line=774|message=Notification time out: 3200"},
    {"2015-07-29 19:04:12,394 - INFO  [/10.10.34.11:3888:QuorumCnxManager$Listener@493] - Received connection request /10.10.34.11:45307",
     "text 2015-07-29T19:04:12.394000Z info|thread=/10.10.34.11:3888|logger=QuorumCnxManager$Listener|line=493|message=Received connection request /10.10.34.11:45307"},
    {"2015-07-29 19:04:29,071 - WARN  [SendWorker:188978561024:QuorumCnxManager$SendWorker@688] - Send worker leaving thread",
     "text 2015-07-29T19:04:29.071000Z warning|thread=SendWorker:188978561024|logger=QuorumCnxManager$SendWorker|line=688|message=Send worker leaving thread"},
    {"2015-07-29 17:42:00,000 - INFO  [WorkerReceiver[myid=1]:FastLeaderElection$Messenger$WorkerReceiver@542] - Notification: 1 (n.leader), 0x0 (n.zxid)",
     "text 2015-07-29T17:42:00Z info|thread=WorkerReceiver[myid=1]|logger=FastLeaderElection$Messenger$WorkerReceiver|line=542|message=Notification: 1 (n.leader), 0x0 (n.zxid)"},
    {"2015-07-30 20:54:38,281 - ERROR [main:QuorumPeerConfig@101] - Reading configuration from: /etc/zookeeper/conf/zoo.cfg",
     "text 2015-07-30T20:54:38.281000Z error|thread=main|logger=QuorumPeerConfig|line=101|message=Reading configuration from: /etc/zookeeper/conf/zoo.cfg"},
    {"2015-08-10 18:12:36,750 - INFO  [NIOServerCxn.Factory:0.0.0.0/0.0.0.0:2181:NIOServerCnxn@1001] - Closed socket connection for client /10.10.34.13:36041 (no session established for client)",
     "text 2015-08-10T18:12:36.750000Z info|thread=NIOServerCxn.Factory:0.0.0.0/0.0.0.0:2181|logger=NIOServerCnxn|line=1001|message=Closed socket connection for client /10.10.34.13:36041 (no session established for client)"},
    {"2020-03-01 10:00:00,000 [myid:1] - INFO  [main:QuorumPeerConfig@135] - Reading configuration from: zoo.cfg",
     "text 2020-03-01T10:00:00Z info|thread=myid:1|thread=main|logger=QuorumPeerConfig|line=135|message=Reading configuration from: zoo.cfg"},
};

static const struct header_case bgl_lines[] = {
    {"- 1117838570 2005.06.03 R02-M1-N0-C:J12-U11 2005-06-03-15.42.50.675872 R02-M1-N0-C:J12-U11 RAS KERNEL INFO instruction cache parity error corrected",
     "text 2005-06-03T22:42:50Z info|host=R02-M1-N0-C:J12-U11|local_time=2005-06-03-15.42.50.675872|reporter=RAS|service=KERNEL|message=instruction cache parity error corrected"},
    {"KERNDTLB 1118536327 2005.06.11 R30-M0-N9-C:J16-U01 2005-06-11-17.32.07.581048 R30-M0-N9-C:J16-U01 RAS KERNEL FATAL data TLB error interrupt",
     "text 2005-06-12T00:32:07Z critical|alert=KERNDTLB|host=R30-M0-N9-C:J16-U01|local_time=2005-06-11-17.32.07.581048|reporter=RAS|service=KERNEL|message=data TLB error interrupt"},
    {"APPREAD 1117869872 2005.06.04 R04-M1-N4-I:J18-U11 2005-06-04-00.24.32.432192 R04-M1-N4-I:J18-U11 RAS APP FATAL ciod: failed to read message prefix on control stream (CioStream socket to 10.0.0.116:33569)",
     "text 2005-06-04T07:24:32Z critical|alert=APPREAD|host=R04-M1-N4-I:J18-U11|local_time=2005-06-04-00.24.32.432192|reporter=RAS|service=APP|message=ciod: failed to read message prefix on control stream (CioStream socket to 10.0.0.116:33569)"},
    {"- 1121707460 2005.07.18 NULL 2005-07-18-10.24.20.000000 NULL NULL DISCOVERY SEVERE Can not get assembly information for node card",
     "text 2005-07-18T17:24:20Z error|local_time=2005-07-18-10.24.20.000000|reporter=NULL|service=DISCOVERY|message=Can not get assembly information for node card"},
    {"- 1118269930 2005.06.08 UNKNOWN_LOCATION 2005-06-08-15.32.10.395410 UNKNOWN_LOCATION NULL DISCOVERY ERROR Bad cable going into LinkCard (FF2B) Jtag (0) Port (D)",
     "text 2005-06-08T22:32:10Z error|host=UNKNOWN_LOCATION|local_time=2005-06-08-15.32.10.395410|reporter=NULL|service=DISCOVERY|message=Bad cable going into LinkCard (FF2B) Jtag (0) Port (D)"},
    {"- 1118769530 2005.06.14 R23-L1 2005-06-14-10.18.50.000001 R23-L1 RAS LINKCARD INFO MidplaneSwitchController performing bit sparing on R23-L1-U22-A bit 4",
     "text 2005-06-14T17:18:50Z info|host=R23-L1|local_time=2005-06-14-10.18.50.000001|reporter=RAS|service=LINKCARD|message=MidplaneSwitchController performing bit sparing on R23-L1-U22-A bit 4"},
    {"- 1119339918 2005.06.21 R21-M1-N2-C:J13-U11 2005-06-21-00.45.18.151123 R21-M1-N2-C:J13-U11 RAS MMCS ERROR idoproxydb hit ASSERT condition: ASSERT expression=0",
     "text 2005-06-21T07:45:18Z error|host=R21-M1-N2-C:J13-U11|local_time=2005-06-21-00.45.18.151123|reporter=RAS|service=MMCS|message=idoproxydb hit ASSERT condition: ASSERT expression=0"},
    {"- 1122922514 2005.08.01 R36-M0 2005-08-01-11.55.14.000001 R36-M0 RAS MONITOR FAILURE monitor caught java.lang.IllegalStateException: while executing CONTROL Operation",
     "text 2005-08-01T18:55:14Z error|host=R36-M0|local_time=2005-08-01-11.55.14.000001|reporter=RAS|service=MONITOR|message=monitor caught java.lang.IllegalStateException: while executing CONTROL Operation"},
};

static const struct header_case hpc_lines[] = {
    {"134681 node-246 unix.hw state_change.unavailable 1077804742 1 Component State Change: Component \\042alt0\\042 is in the unavailable state (HWID=3180)",
     "text 2004-02-26T14:12:22Z -|serial=134681|host=node-246|service=unix.hw|state=state_change.unavailable|flag=1|message=Component State Change: Component \\042alt0\\042 is in the unavailable state (HWID=3180)"},
    {"350766 node-109 unix.hw state_change.unavailable 1084680778 1 Component State Change: Component \\042SCSI-WWID:01000010:6005-08b4-0001-00c6-0006-3000-003d-0000\\042 is in the unavailable state (HWID=1973)",
     "text 2004-05-16T04:12:58Z -|serial=350766|host=node-109|service=unix.hw|state=state_change.unavailable|flag=1|message=Component State Change: Component \\042SCSI-WWID:01000010:6005-08b4-0001-00c6-0006-3000-003d-0000\\042 is in the unavailable state (HWID=1973)"},
    {"460903 gige7 gige temperature 1098300101 1 1135|ambient=28",
     "text 2004-10-20T19:21:41Z -|serial=460903|host=gige7|service=gige|state=temperature|flag=1|message=1135|ambient=28"},
    {"2570013 node-D7 action start 1146206205 1 risBoot (command 3342)",
     "text 2006-04-28T06:36:45Z -|serial=2570013|host=node-D7|service=action|state=start|flag=1|message=risBoot (command 3342)"},
};

static const struct header_case thunderbird_lines[] = {
    {"- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond(pam_unix)[2915]: session closed for user root",
     "text 2005-11-09T20:01:01Z -|host=dn228|local_time=Nov 9 12:01:01|location=dn228/dn228|service=crond(pam_unix)|pid=2915|message=session closed for user root"},
    {"- 1131566461 2005.11.09 tbird-admin1 Nov 9 12:01:01 local@tbird-admin1 /apps/x86_64/system/ganglia-3.0.1/sbin/gmetad[1682]: data_thread() got not answer from any [Thunderbird_A1] datasource",
     "text 2005-11-09T20:01:01Z -|host=tbird-admin1|local_time=Nov 9 12:01:01|location=local@tbird-admin1|service=/apps/x86_64/system/ganglia-3.0.1/sbin/gmetad|pid=1682|message=data_thread() got not answer from any [Thunderbird_A1] datasource"},
    {"- 1131566479 2005.11.09 aadmin1 Nov 9 12:01:19 src@aadmin1 in.tftpd[14620]: tftp: client does not accept options",
     "text 2005-11-09T20:01:19Z -|host=aadmin1|local_time=Nov 9 12:01:19|location=src@aadmin1|service=in.tftpd|pid=14620|message=tftp: client does not accept options"},
    {"- 1131566508 2005.11.09 dn731 Nov 9 12:01:48 dn731/dn731 Server Administrator: Instrumentation Service EventID: 1404  Memory device status is critical",
     "text 2005-11-09T20:01:48Z -|host=dn731|local_time=Nov 9 12:01:48|location=dn731/dn731|service=Server Administrator|message=Instrumentation Service EventID: 1404  Memory device status is critical"},
    {"- 1131566512 2005.11.09 dn3 Nov 9 12:01:52 dn3/dn3 kernel: scsi0 : ata_piix",
     "text 2005-11-09T20:01:52Z -|host=dn3|local_time=Nov 9 12:01:52|location=dn3/dn3|service=kernel|message=scsi0 : ata_piix"},
    {"VAPI 1131566600 2005.11.09 bn257 Nov 9 12:03:20 bn257/bn257 kernel: [KERNEL_IB][ib_mad_static_post_receives][/mnt/x.c:42]Couldn't post receive",
     "text 2005-11-09T20:03:20Z -|alert=VAPI|host=bn257|local_time=Nov 9 12:03:20|location=bn257/bn257|service=kernel|message=[KERNEL_IB][ib_mad_static_post_receives][/mnt/x.c:42]Couldn't post receive"},
    {"- 1131567031 2005.11.09 tbird-sm1 Nov 9 12:10:31 local@tbird-sm1 ib_sm.x[24583]: [ib_sm_sweep.c:1455]: No topology change",
     "text 2005-11-09T20:10:31Z -|host=tbird-sm1|local_time=Nov 9 12:10:31|location=local@tbird-sm1|service=ib_sm.x|pid=24583|message=[ib_sm_sweep.c:1455]: No topology change"},
};

static const struct header_case cbs_lines[] = {
    {"2016-09-28 04:30:30, Info                  CBS    Loaded Servicing Stack v6.1.7601.23505 with Core: C:\\Windows\\winsxs\\amd64\\cbscore.dll",
     "text 2016-09-28T04:30:30Z info|logger=CBS|message=Loaded Servicing Stack v6.1.7601.23505 with Core: C:\\Windows\\winsxs\\amd64\\cbscore.dll"},
    {"2016-09-28 04:30:31, Info                  CSI    00000001@2016/9/27:20:30:31.455 WcpInitialize (wcp.dll version 0.0.0.6) called (stack @0x7fed806eb5d @0x7fef9fb9b6d)",
     "text 2016-09-28T04:30:31Z info|logger=CSI|message=00000001@2016/9/27:20:30:31.455 WcpInitialize (wcp.dll version 0.0.0.6) called (stack @0x7fed806eb5d @0x7fef9fb9b6d)"},
    {"2016-09-28 04:40:53, Error                 CBS    Failed to get session package state for package: Package_for_KB3178034~31bf3856ad364e35",
     "text 2016-09-28T04:40:53Z error|logger=CBS|message=Failed to get session package state for package: Package_for_KB3178034~31bf3856ad364e35"},
    {"2016-09-29 00:01:43, Warning               CBS    Unrecognized packageExtended attribute.",
     "text 2016-09-29T00:01:43Z warning|logger=CBS|message=Unrecognized packageExtended attribute."},
};

static const struct header_case linux_lines[] = {
    {"Jun 14 15:16:01 combo sshd(pam_unix)[19939]: authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=192.0.2.4 ",
     "syslog 2026-06-14T15:16:01Z -|host=combo|service=sshd(pam_unix)|pid=19939|message=authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=192.0.2.4 "},
    {"Jul 27 14:41:57 combo kernel: Linux version 2.6.5-1.358 (root@build.example.org)",
     "syslog 2026-07-27T14:41:57Z -|host=combo|service=kernel|message=Linux version 2.6.5-1.358 (root@build.example.org)"},
    {"Jun 15 12:12:34 combo  -- root[2421]: ROOT LOGIN ON tty2",
     "syslog 2026-06-15T12:12:34Z -|host=combo|service=root|pid=2421|message=ROOT LOGIN ON tty2"},
    {"Jun 19 04:08:55 combo syslogd 1.4.1: restart.",
     "syslog 2026-06-19T04:08:55Z -|host=combo|service=syslogd 1.4.1|message=restart."},
    {"Jun 15 04:06:18 combo su(pam_unix)[21416]: session opened for user cyrus by (uid=0)",
     "syslog 2026-06-15T04:06:18Z -|host=combo|service=su(pam_unix)|pid=21416|message=session opened for user cyrus by (uid=0)"},
    {"Jun 15 04:06:20 combo logrotate: ALERT exited abnormally with [1]",
     "syslog 2026-06-15T04:06:20Z -|host=combo|service=logrotate|message=ALERT exited abnormally with [1]"},
    {"Jun 20 03:40:59 combo ftpd[8829]: connection from 192.0.2.9 () at Mon Jun 20 03:40:59 2005",
     "syslog 2026-06-20T03:40:59Z -|host=combo|service=ftpd|pid=8829|message=connection from 192.0.2.9 () at Mon Jun 20 03:40:59 2005"},
    {"Jul  1 00:00:00 combo last message repeated 3 times",
     "syslog 2026-07-01T00:00:00Z -|host=combo|message=last message repeated 3 times"},
    {"Jul  1 00:20:00 combo -- MARK --", "syslog 2026-07-01T00:20:00Z -|host=combo|message=-- MARK --"},
    {"Jul  1 00:20:00 combo kernel: [12345.678901] usb 1-1: new high-speed USB device",
     "syslog 2026-07-01T00:20:00Z -|host=combo|service=kernel|uptime=12345.678901|message=usb 1-1: new high-speed USB device"},
};

static const struct header_case mac_lines[] = {
    {"Jul  1 09:00:55 mac-10-1 kernel[0]: IOThunderboltSwitch<0>(0x0)::listenerCallback - Thunderbolt HPD packet for route = 0x0 port = 11 unplug = 0",
     "syslog 2026-07-01T09:00:55Z -|host=mac-10-1|service=kernel|pid=0|message=IOThunderboltSwitch<0>(0x0)::listenerCallback - Thunderbolt HPD packet for route = 0x0 port = 11 unplug = 0"},
    {"Jul  1 09:01:05 mac-10-1 com.apple.CDScheduler[43]: Thermal pressure state: 1 Memory pressure state: 0",
     "syslog 2026-07-01T09:01:05Z -|host=mac-10-1|service=com.apple.CDScheduler|pid=43|message=Thermal pressure state: 1 Memory pressure state: 0"},
    {"Jul  1 09:29:02 mac-10-1 Google Chrome Helper[35628]: Couldn't load framework from CFBundleGetBundleWithIdentifier(@\"com.google.Chrome.framework\")",
     "syslog 2026-07-01T09:29:02Z -|host=mac-10-1|service=Google Chrome Helper|pid=35628|message=Couldn't load framework from CFBundleGetBundleWithIdentifier(@\"com.google.Chrome.framework\")"},
    {"Jul  2 03:39:20 mac-10-1 com.apple.xpc.launchd[1] (com.apple.quicklook[45691]): Endpoint has been activated through legacy launch(3) APIs.",
     "syslog 2026-07-02T03:39:20Z -|host=mac-10-1|service=com.apple.xpc.launchd|pid=1|job=com.apple.quicklook[45691]|message=Endpoint has been activated through legacy launch(3) APIs."},
    {"Jul  2 11:14:33 --- last message repeated 1 time ---",
     "text 2026-07-02T11:14:33Z -|message=--- last message repeated 1 time ---"},
    {"Jul  2 11:14:33 mac-10-1 --- last message repeated 1 time ---",
     "syslog 2026-07-02T11:14:33Z -|host=mac-10-1|message=--- last message repeated 1 time ---"},
    {"Jul  2 16:32:34 mac-10-1 QQ[10018]: tcp_connection_destination_perform_socket_connect 19110 connectx to 192.0.2.75:80@0 failed: [50] Network is down",
     "syslog 2026-07-02T16:32:34Z -|host=mac-10-1|service=QQ|pid=10018|message=tcp_connection_destination_perform_socket_connect 19110 connectx to 192.0.2.75:80@0 failed: [50] Network is down"},
    {"Jul  3 04:37:03 Mac-Book Safari[9852]: KeychainGetICDPStatus: status: off",
     "syslog 2026-07-03T04:37:03Z -|host=Mac-Book|service=Safari|pid=9852|message=KeychainGetICDPStatus: status: off"},
    {"Jul  3 04:37:03 Mac-Book Microsoft Word[14463]: .sdef warning for class 'footnote'",
     "syslog 2026-07-03T04:37:03Z -|host=Mac-Book|service=Microsoft Word|pid=14463|message=.sdef warning for class 'footnote'"},
    {"Jul  3 04:37:03 Mac-Book Unknown[10018]: x",
     "syslog 2026-07-03T04:37:03Z -|host=Mac-Book|service=Unknown|pid=10018|message=x"},
};

static const struct header_case android_lines[] = {
    {"03-17 16:13:38.811  1702  2395 D WindowManager: printFreezingDisplayLogsopening app wtoken = AppWindowToken{9f4ef63 token=Token{a64f992}}",
     "text 2026-03-17T16:13:38.811000Z debug|pid=1702|thread=2395|logger=WindowManager|message=printFreezingDisplayLogsopening app wtoken = AppWindowToken{9f4ef63 token=Token{a64f992}}"},
    {"03-17 16:13:38.819  1702  8671 D PowerManagerService: acquire lock=233570404, flags=0x1, tag=\"View Lock\", name=com.android.systemui",
     "text 2026-03-17T16:13:38.819000Z debug|pid=1702|thread=8671|logger=PowerManagerService|message=acquire lock=233570404, flags=0x1, tag=\"View Lock\", name=com.android.systemui"},
    {"03-17 16:13:45.382  1702  2395 V WindowManager: Skipping AppWindowToken{df0798e} -- going to hide",
     "text 2026-03-17T16:13:45.382000Z trace|pid=1702|thread=2395|logger=WindowManager|message=Skipping AppWindowToken{df0798e} -- going to hide"},
    {"03-17 16:13:46.741  1702 17633 E ActivityManager  : Sending non-protected broadcast com.x",
     "text 2026-03-17T16:13:46.741000Z error|pid=1702|thread=17633|logger=ActivityManager|message=Sending non-protected broadcast com.x"},
    {"03-17 16:13:47.000  3000  3000 I Wifi Tag/sub: hello: world",
     "text 2026-03-17T16:13:47Z info|pid=3000|thread=3000|logger=Wifi Tag/sub|message=hello: world"},
    {"03-17 16:15:54.221  2852  3058 W       : empty tag",
     "text 2026-03-17T16:15:54.221000Z warning|pid=2852|thread=3058|message=empty tag"},
    {"D/Tag( 1702): msg", "text - debug|logger=Tag|pid=1702|message=msg"},
    {"03-17 16:13:38.811 W/dalvikvm( 1702): threadid=11: thread exiting",
     "text 2026-03-17T16:13:38.811000Z warning|logger=dalvikvm|pid=1702|message=threadid=11: thread exiting"},
    {"I/flutter (12345): Hello world", "text - info|logger=flutter|pid=12345|message=Hello world"},
};

static const struct header_case healthapp_lines[] = {
    {"20171223-22:15:29:606|Step_LSC|30002312|onStandStepChanged 3579",
     "text 2017-12-23T22:15:29.606000Z -|logger=Step_LSC|pid=30002312|message=onStandStepChanged 3579"},
    {"20171223-22:15:29:615|Step_StandReportReceiver|30002312|onReceive action: android.intent.action.SCREEN_ON",
     "text 2017-12-23T22:15:29.615000Z -|logger=Step_StandReportReceiver|pid=30002312|message=onReceive action: android.intent.action.SCREEN_ON"},
    {"20171224-0:0:5:12|HiH_HiSyncUtil|30002312|upload|x",
     "text 2017-12-24T00:00:05.012000Z -|logger=HiH_HiSyncUtil|pid=30002312|message=upload|x"},
};

static const struct header_case apache_lines[] = {
    {"[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok /etc/httpd/conf/workers2.properties",
     "text 2005-12-04T04:47:44Z notice|message=workerEnv.init() ok /etc/httpd/conf/workers2.properties"},
    {"[Sun Dec 04 04:47:44 2005] [error] mod_jk child workerEnv in error state 6",
     "text 2005-12-04T04:47:44Z error|message=mod_jk child workerEnv in error state 6"},
    {"[Sun Dec 04 05:15:09 2005] [error] [client 192.0.2.84] Directory index forbidden by rule: /var/www/html/",
     "text 2005-12-04T05:15:09Z error|client_ip=192.0.2.84|message=Directory index forbidden by rule: /var/www/html/"},
    {"[Fri Nov 20 10:00:00.123456 2026] [core:error] [pid 12:tid 34] [client 1.2.3.4:567] AH00128: File does not exist: /var/www/x",
     "text 2026-11-20T10:00:00.123456Z error|logger=core|pid=12|client_ip=1.2.3.4|message=AH00128: File does not exist: /var/www/x"},
};

static const struct header_case sshd_lines[] = {
    {"Dec 10 06:55:46 lab sshd[24200]: Invalid user webmaster from 192.0.2.86",
     "syslog 2025-12-10T06:55:46Z -|host=lab|service=sshd|pid=24200|message=Invalid user webmaster from 192.0.2.86"},
    {"Dec 10 07:08:28 lab sshd[24208]: reverse mapping checking getaddrinfo for ns.example.com [192.0.2.86] failed - POSSIBLE BREAK-IN ATTEMPT!",
     "syslog 2025-12-10T07:08:28Z -|host=lab|service=sshd|pid=24208|message=reverse mapping checking getaddrinfo for ns.example.com [192.0.2.86] failed - POSSIBLE BREAK-IN ATTEMPT!"},
};

static const struct header_case openstack_lines[] = {
    {"nova-api.log.1.2017-05-16_13:53:08 2017-05-16 00:00:00.008 25746 INFO nova.osapi_compute.wsgi.server [req-00000000-2096-447d-96ea-000000000001 0123456789abcdef0123456789abcdef fedcba9876543210fedcba9876543210 - - -] 10.11.10.1 \"GET /v2/fedcba9876543210fedcba9876543210/servers/detail HTTP/1.1\" status: 200 len: 1893 time: 0.2477829",
     "text 2017-05-16T00:00:00.008000Z info|file=nova-api.log.1.2017-05-16_13:53:08|pid=25746|logger=nova.osapi_compute.wsgi.server|request_id=req-00000000-2096-447d-96ea-000000000001|user_id=0123456789abcdef0123456789abcdef|project_id=fedcba9876543210fedcba9876543210|message=10.11.10.1 \"GET /v2/fedcba9876543210fedcba9876543210/servers/detail HTTP/1.1\" status: 200 len: 1893 time: 0.2477829"},
    {"nova-compute.log.1.2017-05-16_13:55:31 2017-05-16 00:00:04.500 2931 INFO nova.compute.manager [req-00000000-2096-447d-96ea-000000000002 - - - - -] [instance: 00000000-2096-447d-96ea-000000000003] VM Started (Lifecycle Event)",
     "text 2017-05-16T00:00:04.500000Z info|file=nova-compute.log.1.2017-05-16_13:55:31|pid=2931|logger=nova.compute.manager|request_id=req-00000000-2096-447d-96ea-000000000002|message=[instance: 00000000-2096-447d-96ea-000000000003] VM Started (Lifecycle Event)"},
    {"2017-05-16 00:00:05.185 2931 WARNING nova.virt.libvirt.imagecache [-] Unknown base file: /var/lib/nova/instances/_base/0123456789",
     "text 2017-05-16T00:00:05.185000Z warning|pid=2931|logger=nova.virt.libvirt.imagecache|message=Unknown base file: /var/lib/nova/instances/_base/0123456789"},
};

static const struct header_case proxifier_lines[] = {
    {"[10.30 16:49:06] chrome.exe - proxy.example.org:5070 open through proxy proxy.example.org:5070 HTTPS",
     "text 2026-10-30T16:49:06Z -|service=chrome.exe|message=proxy.example.org:5070 open through proxy proxy.example.org:5070 HTTPS"},
    {"[10.30 17:14:01] Skype.exe *64 - a.example.net:443 close, 0 bytes sent, 0 bytes received, lifetime <1 sec",
     "text 2026-10-30T17:14:01Z -|service=Skype.exe|bits=*64|message=a.example.net:443 close, 0 bytes sent, 0 bytes received, lifetime <1 sec"},
    {"[07.27 10:50:03] pcdrcui.exe *64 - www.example.com:80 error : Could not connect to proxy proxy.example.org:5070 - connection attempt failed",
     "text 2026-07-27T10:50:03Z -|service=pcdrcui.exe|bits=*64|message=www.example.com:80 error : Could not connect to proxy proxy.example.org:5070 - connection attempt failed"},
};

static void hdfs_test(void **state)
{
    (void)state;
    header_case_check_all(hdfs_lines, sizeof hdfs_lines / sizeof *hdfs_lines);
}

static void hadoop_test(void **state)
{
    (void)state;
    header_case_check_all(hadoop_lines, sizeof hadoop_lines / sizeof *hadoop_lines);
}

static void spark_test(void **state)
{
    (void)state;
    header_case_check_all(spark_lines, sizeof spark_lines / sizeof *spark_lines);
}

static void zookeeper_test(void **state)
{
    (void)state;
    header_case_check_all(zookeeper_lines, sizeof zookeeper_lines / sizeof *zookeeper_lines);
}

static void bgl_test(void **state)
{
    (void)state;
    header_case_check_all(bgl_lines, sizeof bgl_lines / sizeof *bgl_lines);
}

static void hpc_test(void **state)
{
    (void)state;
    header_case_check_all(hpc_lines, sizeof hpc_lines / sizeof *hpc_lines);
}

static void thunderbird_test(void **state)
{
    (void)state;
    header_case_check_all(thunderbird_lines, sizeof thunderbird_lines / sizeof *thunderbird_lines);
}

static void cbs_test(void **state)
{
    (void)state;
    header_case_check_all(cbs_lines, sizeof cbs_lines / sizeof *cbs_lines);
}

static void linux_test(void **state)
{
    (void)state;
    header_case_check_all(linux_lines, sizeof linux_lines / sizeof *linux_lines);
}

static void mac_test(void **state)
{
    (void)state;
    header_case_check_all(mac_lines, sizeof mac_lines / sizeof *mac_lines);
}

static void android_test(void **state)
{
    (void)state;
    header_case_check_all(android_lines, sizeof android_lines / sizeof *android_lines);
}

static void healthapp_test(void **state)
{
    (void)state;
    header_case_check_all(healthapp_lines, sizeof healthapp_lines / sizeof *healthapp_lines);
}

static void apache_test(void **state)
{
    (void)state;
    header_case_check_all(apache_lines, sizeof apache_lines / sizeof *apache_lines);
}

static void sshd_test(void **state)
{
    (void)state;
    header_case_check_all(sshd_lines, sizeof sshd_lines / sizeof *sshd_lines);
}

static void openstack_test(void **state)
{
    (void)state;
    header_case_check_all(openstack_lines, sizeof openstack_lines / sizeof *openstack_lines);
}

static void proxifier_test(void **state)
{
    (void)state;
    header_case_check_all(proxifier_lines, sizeof proxifier_lines / sizeof *proxifier_lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hdfs_test),        cmocka_unit_test(hadoop_test),  cmocka_unit_test(spark_test),
        cmocka_unit_test(zookeeper_test),   cmocka_unit_test(bgl_test),     cmocka_unit_test(hpc_test),
        cmocka_unit_test(thunderbird_test), cmocka_unit_test(cbs_test),     cmocka_unit_test(linux_test),
        cmocka_unit_test(mac_test),         cmocka_unit_test(android_test), cmocka_unit_test(healthapp_test),
        cmocka_unit_test(apache_test),      cmocka_unit_test(sshd_test),    cmocka_unit_test(openstack_test),
        cmocka_unit_test(proxifier_test)};
    return cmocka_run_group_tests(tests, header_case_open, analyzed_close);
}
