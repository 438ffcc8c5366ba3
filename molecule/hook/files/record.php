<?php
// Stands in for Matomo: records each request as one line of JSON, and answers as a tracker does where no image is wanted.
$body = file_get_contents('php://input');
$record = ['server' => $_SERVER, 'body' => $body];
file_put_contents('/var/lib/recorded/php', json_encode($record) . "\n", FILE_APPEND | LOCK_EX);
header('X-Answered-By: php');
http_response_code(200);
